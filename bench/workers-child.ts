// A process of real workers on simulated engines, whose containers start at once and run until they are stopped. Arguments: the
// master's URL and how many. Writes "ready" when all have registered, and ends with its stdin.

import { Client } from "../src/api/client.ts";
import { systemClock } from "../src/lib/clock.ts";
import { silentLog } from "../src/lib/log.ts";
import { seededRandom } from "../src/lib/random.ts";
import { SimulatedRuntime } from "../src/runtime/simulated/simulated-runtime.ts";
import type { Identity } from "../src/worker/data-dir/identity.ts";
import { Worker } from "../src/worker/worker.ts";

const [baseUrl, countText] = process.argv.slice(2) as [string, string];
const capacity = 1_000;

async function start(number: number): Promise<void> {
  let identity: Identity | null = null;
  const runtime = new SimulatedRuntime({
    clock: systemClock,
    random: seededRandom(number),
    images: new Map([["demo", { present: true, pullMs: 1, sizeBytes: 1 }]]),
    program: () => ({ runsMs: null, exitCode: 0 }),
  });
  const worker = new Worker({
    client: new Client({ baseUrl, clock: systemClock }),
    ...{ runtime, clock: systemClock, random: seededRandom(number), log: silentLog },
    ...{ hostname: `w${number}`, port: 8081, address: "127.0.0.1", capacity, labels: {}, cpu: null, memory: null },
    version: "bench",
    identity: {
      read: () => identity,
      write: (given) => {
        identity = given;
      },
    },
  });
  await worker.start();
}

await Promise.all(Array.from({ length: Number(countText) }, (_, number) => start(number)));
process.stdout.write("ready\n");
for await (const _ of Bun.stdin.stream()) {
  // only its end matters
}
process.exit(0);
