// One container and forty containers beside a real two-node Swarm. Podling's nodes and the Swarm's are four hosts of one lab
// with equal engines, and only one of the two works at a time.

import { type Bench, clearPair } from "../bench.ts";
import { notMeasured, type Row } from "../report.ts";
import { alternate } from "../samples.ts";
import { podlingMany } from "./forty.ts";
import { podlingRun } from "./one.ts";

export async function swarm(bench: Bench): Promise<Row[]> {
  const section = "swarm: beside a two-node Swarm, command to running";
  const missing = bench.labMissing();
  if (missing !== null) return [notMeasured(section, "one and forty", missing)];
  const pair = await bench.pair();
  const other = await bench.swarm();
  const timed = async (step: () => Promise<unknown>) => {
    const from = performance.now();
    await step();
    const took = (performance.now() - from) / 1000;
    await clearPair(pair);
    await other.clear();
    return took;
  };
  const count = bench.count(40, 8);
  const first = {
    podling: (round: number) => timed(() => podlingRun(pair, `swarm-${round}`)),
    swarm: () => timed(() => other.createAndRun(1)),
  };
  if (!bench.quick) await alternate(1, first);
  const ones = await alternate(bench.count(7, 1), first);
  const many = await alternate(bench.count(3, 1), {
    podling: (round) => timed(() => podlingMany(pair, count, `many-${round}`)),
    swarm: () => timed(() => other.createAndRun(count)),
  });
  const row = (what: string, name: string, times: typeof ones): Row => ({
    section,
    what,
    unit: "s",
    ours: times.podling,
    beside: { name, samples: times.swarm },
  });
  return [
    row("podling run", "docker service create", ones),
    row(`${count} creates, 8 clients`, `a service of ${count} replicas`, many),
  ];
}
