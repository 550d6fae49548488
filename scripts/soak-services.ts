// make soak-services: clients balance over the endpoints of two services on three hosts, one whose program ends at SIGTERM and one
// whose program ignores it, while both are rolled out again and again and nodes are drained. Fails if one request fails.
//
//   SOAK_REQUESTS=100000 SOAK_ROLLOUTS=20 SOAK_DRAINS=5 bun scripts/soak-services.ts

import { loadavg } from "node:os";
import { ServiceSoak } from "../test/soak/service-soak.ts";
import { labAvailable } from "../tools/lab/available.ts";

function setting(name: string, fallback: number): number {
  const value = Number(process.env[name] ?? fallback);
  if (Number.isInteger(value) && value >= 0) return value;
  process.stderr.write(`${name} is ${JSON.stringify(process.env[name])}; give a whole number\n`);
  process.exit(2);
}

const say = (line: string) => process.stdout.write(`${line}\n`);
const requests = setting("SOAK_REQUESTS", 100_000);
const rollouts = setting("SOAK_ROLLOUTS", 20);
const drains = setting("SOAK_DRAINS", 5);
const unavailable = labAvailable();
if (unavailable !== null) {
  process.stderr.write(`${unavailable}\n`);
  process.exit(2);
}
const stopped = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stopped.abort());
say(`${requests} requests through ${rollouts} rollouts and ${drains} drains; load average ${loadavg()[0]!.toFixed(1)}`);
const begun = performance.now();
const soak = await ServiceSoak.start(say, stopped.signal);
try {
  const result = await soak.run({ requests, rollouts, drains });
  const minutes = ((performance.now() - begun) / 60_000).toFixed(1);
  say(
    `${result.answered} answered, ${result.failed} failed, in ${minutes} minutes; load average ${loadavg()[0]!.toFixed(1)}`,
  );
  for (const failure of result.failures) say(`  ${failure}`);
  process.exitCode = result.failed === 0 && !stopped.signal.aborted ? 0 : 1;
} finally {
  await soak.down();
}
