// A worker that is killed, stopped or drained, or loses its engine or its master, with real containers: none of its
// containers is lost or runs twice, exit codes are reported, and foreign containers are never touched.

import { afterAll, beforeAll, expect, test } from "bun:test";
import type { TaskView } from "../../src/api/views/task.ts";
import type { Node } from "../../src/model/node/node.ts";
import { isFinished } from "../../src/model/task/reason.ts";
import { describeLab } from "../../tools/lab/available.ts";
import { until } from "../../tools/lab/until.ts";
import { World } from "./world.ts";

const endless = "while :; do sleep 0.1; done";
type Created = { Id: string };

describeLab("a worker's outages", () => {
  let world: World;
  /** Containers that are not Podling's, or another cluster's: they must be the same at the end. */
  const foreign: string[] = [];
  const foreignStates = () =>
    Promise.all(
      foreign.map(async (id) => {
        const { State } = await world.engine.json<{ State: { Status: string; Pid: number } }>(`/containers/${id}/json`);
        return [id, State.Status, State.Pid];
      }),
    );
  let before: unknown;

  beforeAll(async () => {
    world = await World.start();
    const labels = [
      {},
      { "podling.cluster": "othercl1", "podling.task": "20250119123456-abc12345", "podling.node": "x" },
    ];
    for (const Labels of labels) {
      for (const Cmd of [["sleep", "3600"], ["true"]]) {
        const body = { Image: world.image, Cmd, Labels };
        const { Id } = await world.engine.json<Created>("/containers/create", "POST", body);
        await world.engine.json(`/containers/${Id}/start`, "POST");
        if (Cmd[0] === "true") await world.engine.json(`/containers/${Id}/wait`, "POST");
        foreign.push(Id);
      }
    }
    before = await foreignStates();
  });
  afterAll(() => world?.down());

  const node = () => world.node();

  /** Kills the worker while some tasks run and others end, and starts it again. Null if its node was lost meanwhile. */
  async function killUnderLoad(round: number) {
    const running = await Promise.all(
      Array.from({ length: 4 }, (_, i) => world.run(`stays-${round}-${i}`, endless, { restartPolicy: "always" })),
    );
    const pids = await Promise.all(running.map(async (task) => (await world.inspect(task)).State.Pid));
    const ending = await Promise.all(
      Array.from({ length: 12 }, (_, i) => world.create(`ends-${round}-${i}`, `sleep 0.${i % 9}; exit ${i}`)),
    );
    const now = () => Promise.all([...running, ...ending].map((task) => world.task(task)));
    await until("some to run", async () => (await now()).filter(({ status }) => status === "running").length >= 6);
    await world.worker.kill();
    await until("one to end unseen", async () => {
      const containers = await Promise.all(ending.map((task) => world.containers(task)));
      return containers.flat().some(({ State }) => State === "exited");
    });
    await world.worker.start();
    await until(
      "the jobs to end",
      async () => (await now()).slice(4).every(({ status }) => status === "completed" || status === "failed"),
      30_000,
    );
    if (!(await now()).some(({ reason }) => reason.code === "node-lost")) return { running, pids, ending };
    const tasks = await world.master.json<TaskView[]>("GET", "/api/v1/tasks");
    await Promise.all(tasks.map(({ taskId }) => world.master.json("DELETE", `/api/v1/tasks/${taskId}?force=true`)));
    return null;
  }

  test("kill -9 under load: started again it adopts what runs, and reports the exit codes of what ended meanwhile", async () => {
    const { nodeId } = await node();
    // On a busy machine the worker's start may take longer than its grace. Such a round shows nothing, and is repeated.
    let done = await killUnderLoad(0);
    for (let round = 1; done === null && round < 5; round++) done = await killUnderLoad(round);
    if (done === null) throw new Error("the machine is too busy for this test: the node was lost in each round");
    const { running, pids, ending } = done;
    for (const [code, task] of ending.entries()) {
      const ended = await world.task(task);
      expect([ended.name, ended.status, ended.exitCode, ended.restarts]).toEqual([
        ...[task.name, code === 0 ? "completed" : "failed", code, 0],
      ]);
      expect(await world.containers(task)).toHaveLength(1);
    }
    for (const [index, task] of running.entries()) {
      expect(await world.task(task)).toMatchObject({ status: "running", containerId: task.containerId!, restarts: 0 });
      expect((await world.inspect(task)).State.Pid).toBe(pids[index]!);
    }
    expect((await node()).nodeId).toBe(nodeId);
    expect(await world.master.json<Node[]>("GET", "/api/v1/nodes")).toHaveLength(1);
    await stopAll(running);
  }, 240_000);

  test("a change made while the worker was down is carried out when it is back", async () => {
    const stop = await world.run("stop-meanwhile", `trap 'exit 5' TERM; ${endless}`);
    const remove = await world.run("remove-meanwhile", endless);
    const lost = await world.run("lost-meanwhile", endless);
    await world.worker.kill();
    await world.master.json("POST", `/api/v1/tasks/${stop.taskId}/stop`);
    await world.master.json("DELETE", `/api/v1/tasks/${remove.taskId}?force=true`);
    await world.engine.removeContainers(`podling.task=${lost.taskId}`);
    const fresh = await world.create("created-meanwhile", "exit 0");
    await world.worker.start();
    expect(await world.reaches(stop, "stopped")).toMatchObject({ exitCode: 5 });
    await world.reaches(fresh, "completed");
    expect((await world.reaches(lost, "failed")).reason.code).toBe("container-lost");
    await until("the deleted one to go", async () => (await world.containers(remove)).length === 0);
  }, 60_000);

  test("SIGTERM leaves containers running: an upgrade stops nothing", async () => {
    const task = await world.run("upgraded", endless);
    const { Pid } = (await world.inspect(task)).State;
    expect(await world.worker.stop()).toBe(0);
    expect((await world.inspect(task)).State).toMatchObject({ Running: true, Pid });
    await world.worker.start();
    await until("the worker to hold it again", async () => {
      const { body } = await world.worker.get(`/tasks/${task.taskId}`);
      return body.includes('"running"');
    });
    expect(await world.task(task)).toMatchObject({ status: "running", containerId: task.containerId! });
    expect((await world.inspect(task)).State).toMatchObject({ Running: true, Pid });
    await stopAll([task]);
  }, 60_000);

  test("a second worker on the same data folder is refused with a reason; kill -9 frees the folder", async () => {
    const second = world.cluster.worker({
      ...{ master: world.master, engine: world.engine, hostname: "n1", dataDir: world.worker.dataDir },
    });
    const launched = second.launch();
    expect(await launched.exited(20_000)).toBe(1);
    expect(launched.output()).toContain(world.worker.dataDir);
    await world.worker.kill();
    await world.worker.start();
    expect(await world.master.json<Node[]>("GET", "/api/v1/nodes")).toHaveLength(1);
  }, 60_000);

  test("the master is killed and comes back: containers run on, ends are reported, ids are the same", async () => {
    const stays = await world.run("over-the-gap", endless);
    const ends = await world.run("ends-in-the-gap", "sleep 0.5; exit 6");
    await world.master.kill();
    await until("it to end", async () => (await world.containers(ends))[0]?.State === "exited");
    await world.master.start();
    expect(await world.reaches(ends, "failed", 30_000)).toMatchObject({ exitCode: 6, taskId: ends.taskId });
    expect(await world.task(stays)).toMatchObject({ status: "running", containerId: stays.containerId! });
    const after = await world.create("after-the-gap", "exit 0");
    await world.reaches(after, "completed", 30_000);
    await stopAll([stays]);
  }, 90_000);

  test("the engine is killed and comes back: the node says so, nothing is started meanwhile, then everything is as asked", async () => {
    const always = await world.run("through-engine", endless, {
      restartPolicy: { mode: "always", backoffInitialMs: 50, backoffMaxMs: 200 },
    });
    const never = await world.run("ends-with-engine", endless);
    await world.engine.kill();
    const error = await until("the node to report it", async () => (await node()).engineError);
    expect(error).not.toBe("");
    expect((await node()).status).toBe("online");
    expect(JSON.parse((await world.worker.get("/health")).body)).toMatchObject({ status: "degraded" });
    const waiting = await world.create("waits-for-engine", "exit 0");
    expect(waiting).toMatchObject({ status: "pending", reason: { code: "no-node-fits" } });
    await world.engine.start();
    await until("the node to say that it is back", async () => (await node()).engineError === null, 30_000);
    await world.reaches(waiting, "completed", 30_000);
    // An engine that comes back from a crash ends what ran: a run that ended, like any other.
    await until("what must run to run", async () => {
      const [container] = await world.containers(always);
      return container?.State === "running" && (await world.task(always)).status === "running";
    });
    await until("the end of the task that must not run again", async () =>
      isFinished((await world.task(never)).status),
    );
    for (const task of [always, never, waiting]) expect(await world.containers(task)).toHaveLength(1);
    await stopAll([always]);
    before = await foreignStates();
  }, 120_000);

  test("--drain-on-exit stops its containers with their grace and deregisters; tasks with a restart policy are replaced elsewhere", async () => {
    const master = await world.cluster.master().start();
    const draining = await world.cluster
      .worker({ master, engine: world.engine, hostname: "drains", args: ["--drain-on-exit"] })
      .start();
    const input = { image: world.image, command: ["sh", "-c"], stopGraceSeconds: 5, restartPolicy: "always" };
    const task = await master.json<TaskView>("POST", "/api/v1/tasks?wait=running", {
      ...{ ...input, name: "drained", args: [`trap 'exit 0' TERM; ${endless}`] },
    });
    expect(task.status).toBe("running");
    const other = await world.cluster.worker({ master, engine: world.engine, hostname: "takes-over" }).start();
    expect(await draining.stop()).toBe(0);
    expect((await world.containers(task)).every(({ State }) => State !== "running")).toBe(true);
    expect((await master.json<Node[]>("GET", "/api/v1/nodes")).map(({ hostname }) => hostname)).toEqual(["takes-over"]);
    const { replacedBy, status } = await master.json<TaskView>("GET", `/api/v1/tasks/${task.taskId}`);
    expect(isFinished(status)).toBe(true);
    const next = await master.json<TaskView>("GET", `/api/v1/tasks/${replacedBy}?wait=running`);
    expect(next).toMatchObject({ status: "running", replaces: task.taskId });
    await master.json("POST", `/api/v1/tasks/${next.taskId}/stop?wait=finished`);
    await other.stop();
    await master.stop();
  }, 60_000);

  test("other containers on the engine are as they were", async () => {
    expect(await foreignStates()).toEqual(before as never);
  });

  async function stopAll(tasks: TaskView[]): Promise<void> {
    await Promise.all(
      tasks.map(({ taskId }) => world.master.json("POST", `/api/v1/tasks/${taskId}/stop?wait=finished&timeout=20s`)),
    );
  }
});
