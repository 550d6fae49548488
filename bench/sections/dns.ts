// The DNS server of a node: queries a second and latencies over UDP on loopback, for a virtual address and for the replicas of a
// service, with 10,000 names. Client and server are processes of their own.

import { resolve } from "node:path";
import { run } from "../../tools/lab/network.ts";
import type { Bench } from "../bench.ts";
import type { Answered } from "../dns-child.ts";
import { type Row, target } from "../report.ts";
import { samplesOf } from "../samples.ts";

const section = "dns: names of services, over UDP on loopback";
const leastPerSecond = 20_000;
const p99Ms = 2;
const rounds = 5;
/** A rate that a machine can answer without a queue: latencies are those of its clients. */
const steadyPerSecond = 2_000;

export async function dns(bench: Bench): Promise<Row[]> {
  const script = resolve(import.meta.dir, "../dns-child.ts");
  const server = Bun.spawn([process.execPath, script, "serve"], { stdin: "ignore", stdout: "pipe", stderr: "inherit" });
  try {
    const first = await server.stdout.getReader().read();
    const port = new TextDecoder().decode(first.value).trim();
    const ask = async (name: string, rate: number): Promise<Answered> => {
      const seconds = bench.quick ? 1 : 3;
      const args = ["ask", port, name, String(seconds), String(rate)];
      return JSON.parse(await run([process.execPath, script, ...args])) as Answered;
    };
    const rows: Row[] = [];
    for (const [what, name] of [
      ["a virtual address", "web-500.app-5"],
      ["ten replicas", "tasks.web-500.app-5"],
    ] as const) {
      const full: Answered[] = [];
      const steady: Answered[] = [];
      for (let round = 0; round < (bench.quick ? 1 : rounds); round++) {
        full.push(await ask(name, 0));
        steady.push(await ask(name, steadyPerSecond));
      }
      const rate: Row = {
        section,
        what: `${what}: queries`,
        unit: "/s",
        ours: samplesOf(full.map((one) => one.perSecond)),
      };
      const late: Row = {
        section,
        what: `${what}: p99 at ${steadyPerSecond.toLocaleString("en")} queries a second`,
        unit: "ms",
        ours: samplesOf(steady.map((one) => one.p99Ms)),
      };
      rows.push(target(rate, "at least", leastPerSecond), target(late, "at most", p99Ms));
    }
    return rows;
  } finally {
    server.kill();
    await server.exited;
  }
}
