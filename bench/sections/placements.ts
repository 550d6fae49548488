// Placements a second of the scheduler alone, by cluster size and load: bench/placements.ts in a process of its own.

import { resolve } from "node:path";
import { run } from "../../tools/lab/network.ts";
import type { Bench } from "../bench.ts";
import { type Row, target, withTarget } from "../report.ts";
import { samplesOf } from "../samples.ts";
import type { TaskEnds } from "../task-ends.ts";

/** Placements a second on one core, whatever the load and the strategy. */
const floors: Record<number, number> = { 1000: 100_000, 10000: 50_000 };
/** The median of one end with 5,000 classes waiting. */
const taskEndMs = 0.5;

interface Placed {
  nodes: number;
  load: string;
  fillPerSecond: number;
  churnPerSecond: number;
  explainMs: number;
}

export async function placements(bench: Bench): Promise<Row[]> {
  const flags = bench.quick ? ["--nodes=1000"] : [];
  const script = resolve(import.meta.dir, "../placements.ts");
  const placed = JSON.parse(await run([process.execPath, script, "--json", "--quick", ...flags])) as Placed[];
  const rows: Row[] = [];
  for (const nodes of new Set(placed.map((one) => one.nodes))) {
    const ofSize = placed.filter((one) => one.nodes === nodes);
    for (const load of new Set(ofSize.map((one) => one.load))) {
      const ours = samplesOf(
        ofSize.filter((one) => one.load === load).flatMap((one) => [one.fillPerSecond, one.churnPerSecond]),
      );
      const row: Row = {
        section: "placements: the scheduler alone, three strategies, while filling and when nearly full",
        what: `${nodes.toLocaleString("en")} nodes, ${load}`,
        unit: "/s",
        ours,
      };
      const floor = floors[nodes];
      const worst = `worst >= ${floor?.toLocaleString("en")}/s`;
      rows.push(floor === undefined ? row : withTarget(row, worst, ours.min >= floor));
    }
    rows.push({
      section: rows.at(-1)!.section,
      what: `${nodes.toLocaleString("en")} nodes, one explanation of all nodes`,
      unit: "ms",
      ours: samplesOf(ofSize.map((one) => one.explainMs)),
    });
  }
  return [...rows, ...(await taskEnds(bench))];
}

/** A task ends while others wait: bench/task-ends.ts in a process of its own. */
async function taskEnds(bench: Bench): Promise<Row[]> {
  const script = resolve(import.meta.dir, "../task-ends.ts");
  const flags = bench.quick ? ["--quick"] : [];
  const measured = JSON.parse(await run([process.execPath, script, "--json", ...flags])) as TaskEnds[];
  return measured.map(({ nodes, classes, kind, ms }) => {
    const row: Row = {
      section: "placements: one tick in which a task ends on full nodes while others wait",
      what: `${nodes.toLocaleString("en")} nodes, waiting classes: ${classes.toLocaleString("en")} (${kind})`,
      unit: "ms",
      ours: samplesOf(ms),
    };
    return classes === 5_000 ? target(row, "at most", taskEndMs) : row;
  });
}
