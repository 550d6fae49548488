// How long one command takes, from the start of its process to its end, beside docker's own.

import { findEngine } from "../../scripts/ping-engine.ts";
import { podlingCommand } from "../../tools/lab/cluster.ts";
import type { Bench } from "../bench.ts";
import { type Row, target } from "../report.ts";
import { alternate } from "../samples.ts";

const TARGET_MS = 80;
const WARM_UP = 3;

async function runOnce(command: string[], env: Record<string, string>): Promise<number> {
  const from = performance.now();
  const child = Bun.spawn(command, {
    stdin: "ignore",
    stdout: "ignore",
    stderr: "pipe",
    env: { ...process.env, ...env },
  });
  const code = await child.exited;
  const took = performance.now() - from;
  if (code !== 0) throw new Error(`${command.join(" ")} ended with ${code}: ${await child.stderr.text()}`);
  return took;
}

export async function start(bench: Bench): Promise<Row[]> {
  const master = await bench.masterWithNodes(10);
  const env = { PODLING_MASTER_URL: master.url };
  const podling = podlingCommand();
  const docker = Bun.which("docker");
  const engine = await findEngine();
  const commands: Record<string, string[]> = {
    version: [...podling, "version", "--client"],
    ps: [...podling, "ps"],
    ...(docker === null ? {} : { dockerVersion: [docker, "--version"] }),
    ...(docker === null || !("host" in engine) ? {} : { dockerPs: [docker, "--host", engine.host, "ps"] }),
  };
  for (let round = 0; round < WARM_UP; round++) {
    for (const command of Object.values(commands)) await runOnce(command, env);
  }
  const times = await alternate(
    bench.count(20, 5),
    Object.fromEntries(Object.entries(commands).map(([name, command]) => [name, () => runOnce(command, env)])),
  );
  await master.stop();
  const section = "start: the command line, from nothing to its end";
  const row = (what: string, name: string, besideName: string, beside: string): Row => ({
    section,
    what,
    unit: "ms",
    ours: times[name]!,
    ...(times[beside] ? { beside: { name: besideName, samples: times[beside] } } : {}),
  });
  return [
    target(row("podling version --client", "version", "docker --version", "dockerVersion"), "at most", TARGET_MS),
    target(row("podling ps", "ps", "docker ps", "dockerPs"), "at most", TARGET_MS),
  ];
}
