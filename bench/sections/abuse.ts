// How long ordinary requests take beside hostile clients: slow connections, subscribers of a log, malformed requests. Beside
// it the same requests without these, on the same master.

import { resolve } from "node:path";
import type { MasterProcess } from "../../tools/lab/cluster.ts";
import { addressOf, type Bench, taskBody } from "../bench.ts";
import { type Row, target } from "../report.ts";
import { samplesOf } from "../samples.ts";
import { p99, probe } from "../wire.ts";

const SLOW_CONNECTIONS = 1_000;
const SUBSCRIBERS = 100;
/** Every request must be answered by then. */
const TARGET_MS = 100;

type Latencies = Record<"get" | "post" | "beat", number[]>;

export async function abuse(bench: Bench): Promise<Row[]> {
  const section = `abuse: ordinary requests, beside ${SLOW_CONNECTIONS} slow connections, ${SUBSCRIBERS} subscribers of a log and hostile requests`;
  const durationMs = bench.count(20_000, 3_000);
  const master = await bench.masterWithNodes(10);
  await probeAll(master, durationMs / 10, "warm");
  const quiet = await probeAll(master, durationMs, "quiet");
  const child = Bun.spawn(
    [
      process.execPath,
      resolve(import.meta.dir, "../abuse-child.ts"),
      String(master.port),
      String(SLOW_CONNECTIONS),
      String(SUBSCRIBERS),
    ],
    { stdin: "ignore", stdout: "pipe", stderr: "inherit" },
  );
  let abused: Latencies;
  try {
    const said = new TextDecoder().decode((await child.stdout.getReader().read()).value);
    if (said !== "abusing\n") throw new Error("the abuse did not begin");
    abused = await probeAll(master, durationMs, "abused");
  } finally {
    child.kill("SIGKILL");
    await child.exited;
  }
  await master.kill();
  const beside = (values: readonly number[]) => ({ beside: { name: "without", samples: samplesOf(values) } });
  const rows: Row[] = [];
  for (const [what, name] of [
    ["GET of one task", "get"],
    ["POST of a task", "post"],
    ["a heartbeat", "beat"],
  ] as const) {
    const [ours, without] = [abused[name], quiet[name]];
    const row = (of: string, value: number[], other: number[]): Row => ({
      section,
      what: of,
      unit: "ms",
      ours: samplesOf(value),
      ...beside(other),
    });
    rows.push(
      row(what, ours, without),
      row("  99 of 100 within", [p99(ours)], [p99(without)]),
      target(row("  all within", [Math.max(...ours)], [Math.max(...without)]), "at most", TARGET_MS),
    );
  }
  return rows;
}

/** Three clients at a steady pace, each with one kind of request; every answer must be the expected one. */
async function probeAll(master: MasterProcess, durationMs: number, prefix: string): Promise<Latencies> {
  const to = addressOf(master);
  const { taskId } = await master.json<{ taskId: string }>("POST", "/api/v1/tasks", JSON.parse(taskBody(prefix)));
  const beat = { method: "POST", path: "/api/v1/nodes/node-1/heartbeat", body: "{}", status: 200 };
  const pace = { durationMs, everyMs: 10 };
  const [gets, posts, beats] = await Promise.all([
    probe(to, () => ({ method: "GET", path: `/api/v1/tasks/${taskId}`, status: 200 }), pace),
    probe(to, (n) => ({ method: "POST", path: "/api/v1/tasks", body: taskBody(`${prefix}-${n}`), status: 201 }), pace),
    probe(to, () => beat, pace),
  ]);
  return { get: gets, post: posts, beat: beats };
}
