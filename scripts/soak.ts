// make soak: load on two hosts while workers, master, engines and the network fail, for SOAK_MINUTES minutes. It prints what
// the processes used at the start, in the middle and at the end, and fails when memory or open files keep growing, or when
// the auditor finds a task lost, doubled or left over. Ctrl-C removes everything that it made.
//
//   SOAK_MINUTES=60 SOAK_TASKS_PER_SECOND=2 PODLING_TEST_SEED=1 bun scripts/soak.ts

import { cpus, loadavg } from "node:os";
import { drawSeed, seededRandom, systemRandom } from "../src/lib/random.ts";
import { faultTable, growth, rowsOf, usageTable } from "../test/soak/report.ts";
import { Soak } from "../test/soak/soak.ts";
import { labAvailable } from "../tools/lab/available.ts";

const inFlight = 8;
/** With less, a third of the measured time has too few samples for a median. */
const fewestMinutes = 3;

function setting(name: string, fallback: number, least: number): number {
  const value = Number(process.env[name] ?? fallback);
  if (value >= least) return value;
  process.stderr.write(`${name} is ${JSON.stringify(process.env[name])}; give a number of at least ${least}\n`);
  process.exit(2);
}

const say = (line: string) => process.stdout.write(`${line}\n`);

const minutes = setting("SOAK_MINUTES", 60, fewestMinutes);
const perSecond = setting("SOAK_TASKS_PER_SECOND", 2, 0.1);
const seed = setting("PODLING_TEST_SEED", drawSeed(systemRandom), 0);
const unavailable = labAvailable();
if (unavailable !== null) {
  process.stderr.write(`the soak cannot run here: ${unavailable}\n`);
  process.exit(2);
}

const interrupted = new AbortController();
let soak: Soak | null = null;
let ending = false;

async function end(code: number): Promise<never> {
  ending = true;
  await soak?.world.down();
  process.exit(code);
}

for (const name of ["SIGINT", "SIGTERM"] as const) {
  process.on(name, () => {
    if (ending) return;
    interrupted.abort();
    say("interrupted: removing what was started");
    // A lab that is still being built is removed by the next one, because its owner is gone then.
    void end(130);
  });
}

say(`a soak of ${minutes} minutes, ${perSecond} tasks a second, seed ${seed}, on ${cpus().length} cores`);
let failure = "";
try {
  const options = { minutes, random: seededRandom(seed), perSecond, inFlight, say, signal: interrupted.signal };
  soak = await Soak.start(options);
  await soak.run();
} catch (error) {
  failure = error instanceof Error ? error.message : String(error);
}
if (ending) await new Promise(() => {});
if (soak === null) {
  process.stderr.write(`the lab could not be built: ${failure}\n`);
  await end(1);
}
await report(soak as Soak);

async function report(done: Soak): Promise<void> {
  const { world, churn, auditor, book, usage, elapsedMs } = done;
  const minutesRun = elapsedMs / 60_000;
  const { faults } = world.faults;
  say("");
  try {
    const rows = rowsOf(usage.series);
    say(usageTable(rows));
    failure = [failure, ...(usage.measuring ? growth(rows) : [])].filter((line) => line !== "").join("\n");
  } catch (error) {
    failure ||= (error as Error).message;
  }
  say(`\n${faultTable(faults.filter(({ wholeMs }) => Number.isFinite(wholeMs)))}\n`);
  const journalMiB = (await done.journalBytes().catch(() => Number.NaN)) / 1024 / 1024;
  const load = loadavg().map((one) => one.toFixed(1));
  say(
    `${minutesRun.toFixed(1)} minutes, ${churn.ended} tasks ended (${(churn.ended / minutesRun / 60).toFixed(1)} a second), ` +
      `${book.runs().length} runs, ${churn.retries} requests retried, ${faults.length} faults, ` +
      `${auditor.clean} audits clean, journal ${journalMiB.toFixed(1)} MiB, load average ${load.join(" ")}`,
  );
  say(failure === "" ? "no task lost, doubled or left over; memory and open files are flat" : `FAILED\n${failure}`);
  await end(failure === "" ? 0 : 1);
}
