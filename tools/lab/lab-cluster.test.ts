// The helpers that start real masters and workers, tested with a stand-in program, so that a failure of Podling differs from
// a failure of the helpers.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { chmodSync, existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Cluster, podling } from "./cluster.ts";

const STAND_IN = `#!${process.execPath}
const [command, ...args] = process.argv.slice(2);
if (command !== "master") {
  process.stdout.write("said " + [command, ...args].join(" ") + "\\n");
  process.stderr.write("to " + process.env.PODLING_MASTER_URL + "\\n");
  process.exit(args.length);
}
if (args.includes("--broken")) throw new Error("broken on purpose");
const port = Number(args[args.indexOf("--port") + 1]);
Bun.serve({ port, hostname: "127.0.0.1", fetch: (request) => Response.json(request.headers.get("authorization")) });
process.stdout.write("ready\\n");
`;

describe("the cluster helpers", () => {
  let cluster: Cluster;
  const before = process.env.PODLING_BIN;

  beforeAll(async () => {
    cluster = await Cluster.alone();
    const program = join(cluster.folder("bin"), "podling");
    writeFileSync(program, STAND_IN);
    chmodSync(program, 0o755);
    process.env.PODLING_BIN = program;
  });

  afterAll(async () => {
    if (before === undefined) delete process.env.PODLING_BIN;
    else process.env.PODLING_BIN = before;
    await cluster?.down();
  });

  test("start, kill and start again on the same port and data", async () => {
    const master = await cluster.master({ token: "secret" }).start();
    expect(await master.json<string>("GET", "/anything")).toBe("Bearer secret");
    const first = master.pid;
    await master.kill();
    await expect(master.fetch("/health")).rejects.toThrow();
    await master.start();
    expect(master.pid).not.toBe(first);
    expect(await master.healthy()).toBe(true);
  });

  test("a process that ends at its start fails the test at once, with its output", async () => {
    await expect(cluster.master({ args: ["--broken"] }).start()).rejects.toThrow("broken on purpose");
  });

  test("the command line gives its code, stdout and stderr", async () => {
    const master = await cluster.master().start();
    const result = await podling(["ps", "-a"], { master });
    expect(result).toEqual({ code: 1, stdout: "said ps -a\n", stderr: `to ${master.url}\n` });
  });

  test("down ends all processes and removes the folder", async () => {
    const other = await Cluster.alone();
    const master = await other.master().start();
    await other.down();
    await master.process.exited();
    expect(existsSync(master.dataDir)).toBe(false);
  });
});
