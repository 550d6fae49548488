// Named volumes: where tasks with them run, and what happens when the node that has the data is lost.

import { describe, expect, test } from "bun:test";
import type { NodeId, TaskId } from "../../model/ids.ts";
import { limits } from "../../model/limits.ts";
import type { ParsedServiceInput } from "../../model/service/service-input.ts";
import type { ParsedTaskInput } from "../../model/task/task-input.ts";
import type { TaskView } from "../../model/task/view.ts";
import type { Command } from "../commands/command.ts";
import { readSnapshot, writeSnapshot } from "../state/snapshot.ts";
import { World } from "../test-world.ts";

function mounts(source: string, readOnly = false): Pick<ParsedTaskInput, "mounts"> {
  return { mounts: [{ type: "volume", source, target: "/data", readOnly, sizeBytes: null }] };
}

const keptAlive = (() => {
  const times = { backoffInitialMs: 1, backoffMaxMs: 1, resetAfterMs: 1 };
  return { restartPolicy: { mode: "always" as const, maxRestarts: null, ...times } };
})();

/** A cluster of three nodes, on which no task runs yet. */
class ThreeNodes extends World {
  readonly ids = ["n1", "n2", "n3"].map((name) => this.node(name));

  volume(name: string) {
    return this.state.tables.volume.get(name);
  }

  hostOf({ taskId }: Pick<TaskView, "taskId">): string | null {
    const { nodeId } = this.view(taskId);
    return nodeId && this.state.node(nodeId).hostname;
  }

  /** The name of the node that has the volume's data. */
  get home(): string {
    return this.volume("data")!.hostname!;
  }

  nodeNamed(hostname: string): NodeId {
    return this.ids.find((id) => this.state.nodes.get(id)?.hostname === hostname)!;
  }

  lose(hostname: string): void {
    this.do({ type: "loseNode", nodeId: this.nodeNamed(hostname), silentMs: 5_000 });
  }

  returns(hostname: string): void {
    this.do({ type: "refreshNode", nodeId: this.nodeNamed(hostname) });
  }

  ends({ taskId }: Pick<TaskView, "taskId">): void {
    this.do(this.report(taskId, { status: "running" }));
    this.do(this.report(taskId, { status: "completed" }));
  }

  /** The task that took the place of one whose node was lost. */
  successor({ taskId }: Pick<TaskView, "taskId">): TaskView {
    return this.view(this.view(taskId).replacedBy as TaskId);
  }

  why(command: Command) {
    const [outcome] = this.tick(command).outcomes;
    if (outcome!.ok) return "granted";
    const { code, message, hint } = outcome!.refusal;
    return { code, message, hint };
  }

  /** The spread strategy prefers a node without tasks: this takes the place of others on the node of the data. */
  crowd(): void {
    this.do({ type: "startMaster", clusterId: "c", strategy: "spread" });
    for (let count = 0; count < 3; count++)
      this.task("busy", { constraints: [{ type: "node", operator: "equals", value: this.home }] });
  }
}

describe("a task with a named volume", () => {
  test("binds it to its node, in the batch that places it", () => {
    const world = new ThreeNodes();
    const { taskId, nodeId } = world.task("db", mounts("data"));
    expect(world.volume("data")).toMatchObject({
      ...{ nodeId, state: "bound", writers: 1, lastUsedBy: { taskId, name: "db" } },
    });
    expect(world.volume("data")!.hostname).toBe(world.hostOf({ taskId })!);
  });

  test("has an unbound one while it waits", () => {
    const world = new World();
    world.task("db", mounts("data"));
    expect(world.state.tables.volume.get("data")).toEqual({
      ...{ name: "data", nodeId: null, hostname: null, state: "unbound", writers: 1, lastUsedBy: null, labels: {} },
      ...{ work: null, copies: [] },
      createdAt: "2025-01-19T12:34:56.000Z",
    });
  });

  test("runs where its data is, whatever the strategy prefers", () => {
    const world = new ThreeNodes();
    const first = world.task("db", mounts("data"));
    world.ends(first);
    world.crowd();
    expect(world.hostOf(world.task("db", mounts("data")))).toBe(world.home);
  });

  test("waits while another one writes, and follows when that has ended; readers do not wait", () => {
    const world = new ThreeNodes();
    const first = world.task("db", mounts("data"));
    const second = world.task("db2", mounts("data"));
    const reader = world.task("report", mounts("data", true));
    expect(world.view(second.taskId)).toMatchObject({
      status: "pending",
      reason: {
        code: "no-node-fits",
        message:
          "0 of 3 nodes fit: 2 without its volume (its data is on " +
          `${world.home}), 1 with its volume in use (volume data: db writes to it, and it has one writer at a time)`,
      },
    });
    expect(world.hostOf(reader)).toBe(world.home);
    world.ends(first);
    expect(world.hostOf(second)).toBe(world.home);
  });

  test("with several writers, all run on one node", () => {
    const world = new ThreeNodes();
    world.do({ type: "createVolume", name: "data", writers: "many", labels: {}, nodeId: null });
    const tasks = ["a", "b", "c"].map((name) => world.task(name, mounts("data")));
    expect(tasks.map((task) => world.hostOf(task))).toEqual([world.home, world.home, world.home]);
  });

  test("with two volumes on different nodes waits", () => {
    const world = new ThreeNodes();
    for (const [at, name] of ["data", "cache"].entries())
      world.do({ type: "createVolume", name, writers: 1, labels: {}, nodeId: world.ids[at]! });
    const both = { mounts: [...mounts("data").mounts!, { ...mounts("cache").mounts![0]!, target: "/cache" }] };
    const { status, reason } = world.task("db", both);
    expect([status, reason.message]).toEqual([
      "pending",
      "0 of 3 nodes fit: 3 without its volume (its data is on n2 (volume cache))",
    ]);
  });

  test("of a driver may run anywhere: its data is not on the node", () => {
    const world = new ThreeNodes();
    const [mount] = mounts("data").mounts!;
    world.task("db", { mounts: [{ ...mount!, options: { driver: "nfs" } }] });
    expect(world.volume("data")).toBeUndefined();
  });
});

describe("when the node that has the data is lost", () => {
  test("its task waits for it, says since when, and runs there again", () => {
    const world = new ThreeNodes();
    const db = world.task("db", { ...mounts("data"), ...keptAlive });
    const { home } = world;
    world.do(world.report(db.taskId, { status: "running" }));
    world.lose(home);
    const waiting = world.successor(db);
    expect(waiting).toMatchObject({
      status: "pending",
      reason: {
        message:
          `0 of 3 nodes fit: 2 without its volume (its data is on ${home}, offline since 12:34 UTC on 2025-01-19), ` +
          "1 is offline",
      },
    });
    world.now += 3_600_000;
    world.do({ type: "wake" });
    expect(world.view(waiting.taskId).status).toBe("pending");
    world.returns(home);
    expect(world.hostOf(waiting)).toBe(home);
    expect(world.state.node(world.nodeNamed(home)).offlineSince).toBeNull();
  });

  test("a release lets it start elsewhere, with an empty volume", () => {
    const world = new ThreeNodes();
    const db = world.task("db", { ...mounts("data"), ...keptAlive });
    const { home } = world;
    world.lose(home);
    world.do({ type: "releaseVolume", name: "data", force: false });
    const moved = world.successor(db);
    expect(moved.status).toBe("scheduled");
    expect(world.home).not.toBe(home);
    expect(world.hostOf(moved)).toBe(world.home);
  });

  test("a released volume that nothing uses is bound to no node", () => {
    const world = new ThreeNodes();
    world.ends(world.task("db", mounts("data")));
    world.lose(world.home);
    world.do({ type: "releaseVolume", name: "data", force: false });
    expect(world.volume("data")).toMatchObject({ nodeId: null, hostname: null, state: "released" });
    expect(world.do({ type: "releaseVolume", name: "data", force: false }).changes).toEqual([]);
  });

  test("and removed from the cluster, its tasks wait and say so", () => {
    const world = new ThreeNodes();
    const db = world.task("db", { ...mounts("data"), ...keptAlive });
    const { home } = world;
    world.do({ type: "deregisterNode", nodeId: world.nodeNamed(home) });
    expect(world.successor(db).reason.message).toBe(
      `0 of 2 nodes fit: 2 without its volume (its data is on ${home}, which was removed from the cluster)`,
    );
  });
});

describe("a release is refused", () => {
  test("while a task uses the volume", () => {
    const world = new ThreeNodes();
    world.task("db", mounts("data"));
    expect(world.why({ type: "releaseVolume", name: "data", force: true })).toEqual({
      code: "volume-in-use",
      message: `the volume data cannot be released while db on ${world.home} uses it`,
      hint: "Stop the task first: podling stop db",
    });
  });

  test("while its node is online, unless it is forced", () => {
    const world = new ThreeNodes();
    world.ends(world.task("db", mounts("data")));
    expect(world.why({ type: "releaseVolume", name: "data", force: false })).toMatchObject({
      code: "volume-in-use",
      message: `${world.home} is online and has the data of the volume data`,
    });
    expect(world.why({ type: "releaseVolume", name: "data", force: true })).toBe("granted");
  });

  test("of a volume that is not there", () => {
    expect(new World().refusal({ type: "releaseVolume", name: "data", force: false })).toBe("volume-not-found");
  });
});

describe("a volume is removed", () => {
  test("only when no task and no service has it any more", () => {
    const world = new ThreeNodes();
    const db = world.task("db", mounts("data"));
    expect(world.refusal({ type: "removeVolume", name: "data" })).toBe("volume-in-use");
    world.ends(db);
    expect(world.why({ type: "removeVolume", name: "data" })).toMatchObject({
      message: `the task db (${db.taskId}, completed) mounts the volume data`,
      hint: "Remove the task first: podling rm db",
    });
    world.do({ type: "removeTask", taskId: db.taskId, force: false });
    world.do(service({ replicas: 0 }));
    expect(world.why({ type: "removeVolume", name: "data" })).toMatchObject({
      message: "the service web mounts the volume data",
    });
    world.do({ type: "removeService", serviceId: world.state.serviceNamed("web")!.serviceId });
    expect(world.why({ type: "removeVolume", name: "data" })).toBe("granted");
    expect(world.volume("data")).toBeUndefined();
  });
});

describe("volumes of a journal without records of them", () => {
  /** The state as a program without volumes would have written it. */
  function withoutRecords(world: World): World {
    const lines = [...writeSnapshot(world.state)].filter((line) => !line.includes('"kind":"volume"'));
    const older = new World();
    Object.assign(older, { state: readSnapshot(lines), now: world.now + 1_000 });
    return older;
  }

  test("are bound to the node of the newest task that runs, else of the newest that ran", () => {
    const world = new ThreeNodes();
    world.task("db", mounts("data"));
    world.ends(world.task("old", mounts("archive")));
    world.task("waits", { ...mounts("new"), constraints: [{ type: "node", operator: "equals", value: "n9" }] });
    const expected = ["data", "archive", "new"].map((name) => world.volume(name)!);
    const older = withoutRecords(world);
    expect([...older.state.tables.volume]).toEqual([]);
    older.do({ type: "wake" });
    const createdAt = "2025-01-19T12:34:57.000Z";
    expect(["data", "archive", "new"].map((name) => older.state.tables.volume.get(name)!)).toEqual(
      // Whether the data of a task that has ended is still there is not known.
      expected.map(({ filled: _, ...volume }) => ({ ...volume, createdAt })),
    );
    expect(older.do({ type: "wake" }).changes).toEqual([]);
  });

  test("with several writers keep them", () => {
    const world = new ThreeNodes();
    world.do({ type: "createVolume", name: "data", writers: "many", labels: {}, nodeId: null });
    for (const name of ["a", "b"]) world.task(name, mounts("data"));
    const older = withoutRecords(world);
    older.do({ type: "wake" });
    expect(older.state.tables.volume.get("data")!.writers).toBe("many");
  });
});

function service(more: Partial<ParsedServiceInput>): Command {
  return { type: "putService", by: "test", input: { name: "web", image: "i", ...mounts("data"), ...more } };
}

describe("a service with a volume that has one writer", () => {
  test("is rolled out stop-first, and says why", () => {
    const world = new ThreeNodes();
    world.do(service({}));
    const { rollout } = world.state.serviceNamed("web")!;
    expect(rollout).toMatchObject({
      order: "stop-first",
      why: "stop-first: the volume data has one writer at a time",
    });
  });

  test("has one replica", () => {
    const world = new ThreeNodes();
    const refusal = {
      code: "unprocessable" as const,
      message: "2 replicas cannot write to the volume data: it has one writer at a time",
      hint:
        "Use one replica, mount it read-only (:ro), or allow it, with all replicas on one node: " +
        "podling volume create data --writers many",
    };
    expect(world.why(service({ replicas: 2 }))).toEqual(refusal);
    world.do(service({}));
    const hint = refusal.hint.replace("create", "update");
    expect(world.why(service({ replicas: 2 }))).toEqual({ ...refusal, hint });
    const { serviceId } = world.state.serviceNamed("web")!;
    expect(world.why({ type: "scaleService", serviceId, replicas: 2 })).toEqual({ ...refusal, hint });
    world.do({ type: "updateVolume", name: "data", writers: "many" });
    expect(world.why({ type: "scaleService", serviceId, replicas: 2 })).toBe("granted");
  });

  test("cannot be rolled out start-first", () => {
    expect(new ThreeNodes().why(service({ rollout: { order: "start-first" } }))).toMatchObject({
      code: "unprocessable",
      message: "with start-first, a new replica waits for the volume data, which has one writer at a time",
    });
  });

  test("may have readers, start-first", () => {
    const world = new ThreeNodes();
    world.do(service({ replicas: 3, ...mounts("data", true) }));
    expect(world.state.serviceNamed("web")!.rollout!.order).toBe("start-first");
  });
});

describe("the number of writers", () => {
  test("cannot become one while several write", () => {
    const world = new ThreeNodes();
    world.do({ type: "createVolume", name: "data", writers: "many", labels: { a: "1" }, nodeId: null });
    for (const name of ["a", "b"]) world.task(name, mounts("data"));
    expect(world.why({ type: "updateVolume", name: "data", writers: 1 })).toMatchObject({
      code: "volume-in-use",
      message: "2 tasks write to the volume data",
    });
    expect(world.do({ type: "updateVolume", name: "data", writers: "many", labels: { a: "1" } }).changes).toEqual([]);
    world.do({ type: "updateVolume", name: "data", labels: { b: "2" } });
    expect(world.volume("data")!.labels).toEqual({ b: "2" });
  });

  test("that becomes many lets a waiting task start", () => {
    const world = new ThreeNodes();
    world.task("a", mounts("data"));
    const waiting = world.task("b", mounts("data"));
    expect(waiting.status).toBe("pending");
    world.do({ type: "updateVolume", name: "data", writers: "many" });
    expect(world.hostOf(waiting)).toBe(world.home);
  });
});

describe("the creation of a volume", () => {
  test("with a node makes tasks run there", () => {
    const world = new ThreeNodes();
    world.do({ type: "createVolume", name: "data", writers: 1, labels: {}, nodeId: world.ids[1]! });
    expect(world.volume("data")).toMatchObject({ state: "bound", hostname: "n2" });
    expect(world.hostOf(world.task("db", mounts("data")))).toBe("n2");
  });

  test("of a name that is taken is refused, and a task beyond the limit, too", () => {
    const world = new ThreeNodes();
    const create = (name: string): Command => ({ type: "createVolume", name, writers: 1, labels: {}, nodeId: null });
    world.do(create("data"));
    expect(world.refusal(create("data"))).toBe("name-taken");
    world.tick(...Array.from({ length: limits.volumes - 1 }, (_, at) => create(`v${at}`)));
    expect(world.refusal(create("more"))).toBe("too-many");
    const input = { name: "db", image: "i", ...mounts("more") };
    expect(world.why({ type: "createTask", input })).toMatchObject({
      code: "too-many",
      message: `the cluster holds ${limits.volumes} volumes, and its limit is ${limits.volumes}`,
    });
    expect(world.why({ type: "createTask", input: { ...input, ...mounts("v1") } })).toBe("granted");
  });
});
