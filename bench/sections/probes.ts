// The processor time of 500 probes a second, without the rest of a worker: HTTP and TCP checks on new connections, to a server in
// another process.

import { resolve } from "node:path";
import type { Bench } from "../bench.ts";
import { processorSeconds } from "../process-usage.ts";
import { notMeasured, type Row, target } from "../report.ts";
import { samplesOf } from "../samples.ts";

const section = "probes: 500 checks a second, of 500 containers";
const TARGET_PERCENT = 10;
const CHECKS_PER_SECOND = 500;
const ROUNDS = 3;
const SETTLE_MS = 3_000;

export async function probes(bench: Bench): Promise<Row[]> {
  if (process.platform !== "linux") return [notMeasured(section, "probes", "only Linux has /proc")];
  const server = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: () => new Response("ok") });
  const percent: Record<string, number[]> = { http: [], tcp: [] };
  const rates: Record<string, number[]> = { http: [], tcp: [] };
  try {
    for (let round = 0; round < bench.count(ROUNDS, 1); round++) {
      for (const kind of ["http", "tcp"]) {
        const used = await measure(kind, server.port!, bench.count(20_000, 3_000));
        percent[kind]!.push(used.percent);
        rates[kind]!.push(used.rate);
      }
    }
  } finally {
    await server.stop(true);
  }
  return ["http", "tcp"].flatMap((kind) => [
    target(
      {
        section,
        what: `${kind}: processor time at 500 checks a second, of one core`,
        unit: "%",
        ours: samplesOf(percent[kind]!),
      },
      "at most",
      TARGET_PERCENT,
    ),
    { section, what: `${kind}: checks that passed`, unit: "/s", ours: samplesOf(rates[kind]!) },
  ]);
}

async function measure(kind: string, port: number, durationMs: number): Promise<{ percent: number; rate: number }> {
  const words = [process.execPath, resolve(import.meta.dir, "../probes-child.ts"), kind, String(port)];
  const child = Bun.spawn(words, { stdin: "ignore", stdout: "pipe", stderr: "inherit" });
  let counts = { passed: 0, failed: 0 };
  const reading = (async () => {
    let text = "";
    for await (const chunk of child.stdout) {
      text = (text + new TextDecoder().decode(chunk)).split("\n").slice(-2).join("\n");
      const [passed, failed] = text.split("\n")[0]!.split(" ").map(Number);
      counts = { passed: passed!, failed: failed! };
    }
  })();
  try {
    await Bun.sleep(SETTLE_MS);
    const [before, used, from] = [counts, processorSeconds(child.pid), performance.now()];
    await Bun.sleep(durationMs);
    const seconds = (performance.now() - from) / 1000;
    if (counts.failed > before.failed) throw new Error(`${counts.failed - before.failed} checks failed`);
    const checks = counts.passed - before.passed;
    // By the checks that were made: on a machine with other load fewer come in a second.
    const percent = ((processorSeconds(child.pid) - used) / checks) * CHECKS_PER_SECOND * 100;
    return { percent, rate: checks / seconds };
  } finally {
    child.kill("SIGKILL");
    await reading;
    await child.exited;
  }
}
