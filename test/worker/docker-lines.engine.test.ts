// The lines that a user of docker types first, word by word, with the command line as a process and a real engine. Those that
// Podling does not have are answered with what to type.

import { afterAll, beforeAll, expect, test } from "bun:test";
import type { TaskView } from "../../src/api/views/task.ts";
import { describeLab } from "../../tools/lab/available.ts";
import { freePort, podling } from "../../tools/lab/cluster.ts";
import { until } from "../../tools/lab/until.ts";
import { World } from "./world.ts";

/** Ignores SIGTERM, as the first process of many images does. */
const stubborn = ["sh", "-c", "trap '' TERM; echo begun; while :; do sleep 0.1; done"];

describeLab("the lines that a user of docker types first", () => {
  let world: World;
  beforeAll(async () => {
    world = await World.start();
  });
  afterAll(() => world?.down());

  const run = (line: string, ...more: string[]) => podling([...line.split(" "), ...more], { master: world.master });
  const ok = async (line: string, ...more: string[]) => {
    const { code, stdout, stderr } = await run(line, ...more);
    if (code !== 0) throw new Error(`podling ${line}: ${code} ${stderr}`);
    return stdout;
  };
  const task = async (name: string) => JSON.parse(await ok(`inspect ${name}`)) as TaskView;
  const runningContainers = async ({ taskId }: TaskView) =>
    (await world.containers({ taskId })).filter(({ State }) => State === "running").length;

  test("run -d, ps -a, inspect, restart, stop", async () => {
    await ok(`run -d --name web ${world.image}`, ...stubborn);
    await ok("wait --for running web");
    expect(await ok("ps -a")).toContain("web");
    const before = await task("web");
    expect(before).toMatchObject({ status: "running", restartPolicy: expect.anything() });

    expect(await ok("restart -t 0 web")).toBe("web\n");
    const after = await task("web");
    expect(after).toMatchObject({
      containerId: before.containerId,
      restarts: 1,
      requestedRestarts: 1,
      lastFailure: null,
    });
    expect(after.startedAt).not.toBe(before.startedAt);

    expect(await ok("stop -t 0 web")).toBe("web\n");
    expect(await task("web")).toMatchObject({ status: "stopped", exitCode: 137 });
    expect(await ok("rm web")).toBe("web\n");
  });

  test("run --rm gives the output and leaves nothing", async () => {
    expect(await ok(`run --rm --name once ${world.image} echo hello`)).toBe("hello\n");
    await until("the record to go", async () => !(await ok("ps -a -o name")).includes("once"));
  });

  test("logs -f follows to the end", async () => {
    await ok(`run -d --name job ${world.image}`, "sh", "-c", "echo one; sleep 1; echo two");
    expect(await ok("logs -f job")).toBe("one\ntwo\n");
    await ok("wait job");
  });

  test("kill -s reaches the program", async () => {
    await ok(`run -d --name signals ${world.image}`, "sh", "-c", "trap 'echo again' HUP; while :; do sleep 0.1; done");
    await ok("wait --for running signals");
    await until("the signal", async () => {
      await ok("kill -s HUP signals");
      return (await ok("logs signals")).includes("again");
    });
    expect(await ok("kill signals")).toBe("signals\n");
  });

  test("rm -f: the container is gone when it returns, and its port is free for the next run", async () => {
    const port = freePort();
    const line = (name: string) => `run -d --name ${name} -p ${port}:80 ${world.image}`;
    await ok(line("first"), ...stubborn);
    await ok("wait --for running first");
    const first = await task("first");
    expect(await ok("rm -f first")).toBe("first\n");
    expect(await world.containers(first)).toEqual([]);
    await ok(line("second"), ...stubborn);
    await ok("wait --for running second");
    // It was free at the first try.
    expect(await task("second")).toMatchObject({ restarts: 0 });
    await ok("rm -f second");
  });

  test("a port that is held until its container has stopped is taken then", async () => {
    const port = freePort();
    await ok(`run -d --name holder -p ${port}:80 ${world.image}`, ...stubborn);
    await ok("wait --for running holder");
    const holder = await task("holder");
    await ok("stop -d -t 3 holder");
    await world.master.json("DELETE", `/api/v1/tasks/${holder.taskId}?force=true`).catch(() => {});
    await ok(`run -d --name taker -p ${port}:80 ${world.image}`, ...stubborn);
    await ok("wait --for running taker");
    expect(await runningContainers(holder)).toBe(0);
    await ok("rm -f taker");
  });

  test("rm -f is 2 if the node cannot be reached; its container goes when the worker is back", async () => {
    await ok(`run -d --name left ${world.image}`, ...stubborn);
    await ok("wait --for running left");
    const left = await task("left");
    await world.worker.kill();
    const { code, stdout, stderr } = await run("rm -f left");
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(/^left is (being )?removed/);
    expect(await runningContainers(left)).toBe(1);
    await world.worker.start();
    await until("it to go", async () => (await world.containers(left)).length === 0);
    await until("the record to go", async () => !(await ok("ps -a -o name")).includes("left"));
  });

  test.each([
    ["pull nginx", "Nodes pull images when a task needs them"],
    ["system prune", "Use podling prune for finished tasks"],
    ["exec web sh", "docker exec"],
  ])("podling %s is answered", async (line, says) => {
    const { code, stderr } = await run(line);
    expect(code).toBe(64);
    expect(stderr).toContain(says);
  });
});
