// Measures Podling side by side with what it is compared to, in one run on one machine: bun bench/main.ts [NAME...]
// [--quick]. Prints one table with ratios, says which targets are missed, and writes bench/results.json. PODLING_BEFORE
// names an older executable of Podling to compare with (section "before", and beside "idle").

import { join, resolve } from "node:path";
import { run } from "../tools/lab/network.ts";
import { Bench, type Section } from "./bench.ts";
import { plotsOf } from "./plots/plots.ts";
import {
  describeMachine,
  loadAverage,
  type Machine,
  markdown,
  notMeasured,
  type Row,
  summary,
  table,
} from "./report.ts";

const CHECKOUT = resolve(import.meta.dir, "..");

/** In the order of a whole run: sections that need a quiet machine come before those that start engines. */
const sections: Record<string, () => Promise<Section>> = {
  placements: async () => (await import("./sections/placements.ts")).placements,
  start: async () => (await import("./sections/start.ts")).start,
  rates: async () => (await import("./sections/rates.ts")).rates,
  list: async () => (await import("./sections/list.ts")).list,
  recovery: async () => (await import("./sections/recovery.ts")).recovery,
  fleet: async () => (await import("./sections/fleet.ts")).fleet,
  idle: async () => (await import("./sections/idle.ts")).idle,
  probes: async () => (await import("./sections/probes.ts")).probes,
  abuse: async () => (await import("./sections/abuse.ts")).abuse,
  memory: async () => (await import("./sections/memory.ts")).memory,
  one: async () => (await import("./sections/one.ts")).one,
  forty: async () => (await import("./sections/forty.ts")).forty,
  swarm: async () => (await import("./sections/swarm.ts")).swarm,
  lost: async () => (await import("./sections/lost.ts")).lost,
  services: async () => (await import("./sections/services.ts")).services,
  plan: async () => (await import("./sections/plan.ts")).plan,
  nft: async () => (await import("./sections/nft.ts")).nft,
  dns: async () => (await import("./sections/dns.ts")).dns,
  before: async () => (await import("./sections/before.ts")).before,
};

const usage = `usage: bun bench/main.ts [${Object.keys(sections).join("|")}]... [--quick] [--markdown]\n`;

function say(text: string): void {
  process.stderr.write(`bench: ${text}\n`);
}

/** Measures what users run: the executable. PODLING_BIN names another one. */
async function build(): Promise<void> {
  if (process.env.PODLING_BIN) return say(`measuring ${process.env.PODLING_BIN}`);
  say((await run([join(CHECKOUT, "scripts/build")])).trim().split("\n").at(-1) ?? "built");
  process.env.PODLING_BIN = join(CHECKOUT, "bin/podling");
}

async function measure(names: string[], bench: Bench): Promise<Row[]> {
  const rows: Row[] = [];
  for (const name of names) {
    const from = performance.now();
    try {
      const section = await sections[name]!();
      rows.push(...(await section(bench)));
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      say(`${name} failed: ${error instanceof Error ? error.stack : why}`);
      rows.push(notMeasured(name, name, why.split("\n")[0] ?? ""));
    }
    say(`${name} took ${((performance.now() - from) / 1000).toFixed(1)} s`);
  }
  return rows;
}

/** Beside results.json, for a reader of this run. Those of docs/PERFORMANCE.md are drawn from its table by test/docs.test.ts. */
async function writePlots(rows: readonly Row[]): Promise<void> {
  for (const [name, svg] of plotsOf(markdown(rows))) {
    const file = join(import.meta.dir, `results-${name}.svg`);
    await Bun.write(file, svg);
    say(`plot: ${file}`);
  }
}

function warnOfNoise({ loadBefore, loadAfter, cores }: Machine): string {
  const others = `load average ${loadBefore} before, ${loadAfter} after, on ${cores} cores`;
  return loadBefore < 0.5 ? `${others}\n` : `${others}: others used this machine at the same time, so this is noisy\n`;
}

async function main(args: string[]): Promise<number> {
  const names = args.filter((arg) => !arg.startsWith("--"));
  const flags = args.filter((arg) => arg.startsWith("--"));
  const known = names.every((name) => name in sections) && flags.every((flag) => /^--(quick|markdown)$/.test(flag));
  if (!known) {
    process.stderr.write(usage);
    return 64;
  }
  const quick = flags.includes("--quick");
  await build();
  const before = await describeMachine();
  const startedAt = new Date().toISOString();
  const bench = new Bench({ quick, say });
  for (const [signal, code] of [
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const) {
    process.once(signal, () => {
      say("clearing up");
      void bench.down().finally(() => process.exit(code));
    });
  }
  let rows: Row[];
  try {
    await build();
    const all = Object.keys(sections).filter((name) => name !== "before" || bench.before !== null);
    rows = await measure(names.length > 0 ? names : all, bench);
  } finally {
    await bench.down();
  }
  const machine: Machine = { ...before, loadAfter: await loadAverage() };
  await Bun.write(
    join(import.meta.dir, "results.json"),
    `${JSON.stringify({ startedAt, quick, machine, rows }, null, 2)}\n`,
  );
  await writePlots(rows);
  const { cores, cpu, memoryGB, kernel } = machine;
  process.stdout.write(`\n${startedAt}, ${cores} cores (${cpu}), ${memoryGB} GB, ${kernel}, Bun ${machine.bun}\n`);
  process.stdout.write(warnOfNoise(machine));
  if (quick) process.stdout.write("a quick run: counts are small, and figures only a smoke test\n");
  process.stdout.write(`${flags.includes("--markdown") ? markdown(rows) : table(rows)}\n${summary(rows)}`);
  return 0;
}

process.exit(await main(process.argv.slice(2)));
