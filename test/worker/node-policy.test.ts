// Options and policies in a cluster: which nodes get a task, what is said where none does, what the worker finds that the
// master cannot see, and masters and workers of release 0.1.0. The engine is simulated.

import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { Client } from "../../src/api/client.ts";
import type { Explanation } from "../../src/model/explanation.ts";
import type { Node } from "../../src/model/node/node.ts";
import type { NodePolicy } from "../../src/model/node/policy.ts";
import { until } from "../../tools/lab/until.ts";
import { World } from "./in-process.ts";

const nothing: NodePolicy = { binds: [], privileged: false, hostNetwork: false, devices: false };
const bind = (source: string) => ({ mounts: [{ type: "bind", source, target: "/d" }] });
const host = { network: { mode: "host" } };

let world: World;
beforeEach(() => {
  world = new World();
});
afterEach(() => world.down());

const explain = (taskId: string) => world.master.do<Explanation>("GET", `/api/v1/tasks/${taskId}/explanation`);

async function node(): Promise<Node> {
  const [found] = await world.master.do<Node[]>("GET", "/api/v1/nodes");
  return found!;
}

describe("a policy", () => {
  test("is none by default: everything runs, and the node shows none", async () => {
    await world.started();
    await world.running("free", { ...host, ...bind("/etc"), security: { privileged: true } });
    expect(await node()).not.toHaveProperty("policy");
  });

  test("keeps a task away, with the sentence and the flag that would allow it", async () => {
    await world.started({ policy: { ...nothing, binds: ["/srv"] } });
    expect((await node()).policy).toEqual({ ...nothing, binds: ["/srv"] });
    const rows: [more: object, says: string, flag: string][] = [
      [host, "n1 allows no containers in its own network", "--allow-host-network"],
      [bind("/etc"), "n1 allows mounts below /srv only, and this one is of /etc", "--allow-bind /etc"],
      [bind("/srv/../etc"), "this one is of /etc", "--allow-bind /etc"],
      [{ security: { privileged: true } }, "and this one is privileged", "--allow-privileged"],
      [{ security: { capAdd: ["SYS_ADMIN"] } }, "adds the capability SYS_ADMIN", "--allow-privileged"],
      [{ devices: { gpus: { count: "all" } } }, "allows no containers to use its devices", "--allow-device"],
    ];
    for (const [index, [more, says, flag]] of rows.entries()) {
      const { taskId, status, reason } = await world.run(`no-${index}`, ["forever"], more);
      expect({ status, code: reason.code }).toEqual({ status: "pending", code: "no-node-fits" });
      expect(reason.message).toStartWith("0 of 1 node fits: 1 forbids it (n1 ");
      expect(reason.message).toContain(says);
      expect((await explain(taskId)).smallestChange).toBe(`start the worker of n1 with ${flag}`);
    }
    await world.running("allowed", bind("/srv/data"));
    await world.running("harmless", { security: { capDrop: ["ALL"], options: ["no-new-privileges"] } });
  });

  test("chooses the node that allows it", async () => {
    await world.master.register("open", { features: ["network"] });
    await world.master.register("shut", { port: 8082, features: ["network"], policy: {} });
    for (let count = 0; count < 4; count++) {
      const { nodeId } = await world.run(`host-${count}`, ["forever"], host);
      expect(nodeId).toBe((await world.master.do<Node>("GET", "/api/v1/nodes/open")).nodeId);
    }
  });

  test("is lifted by a worker that starts without it", async () => {
    const first = await world.started({ policy: nothing });
    const task = await world.run("later", ["forever"], host);
    expect(task.status).toBe("pending");
    first.stop();
    await world.started();
    await world.reached(task, "running");
    expect(await node()).not.toHaveProperty("policy");
  });
});

describe("the worker checks again", () => {
  const links: Record<string, string> = { "/srv/link": "/etc", "/srv/inside": "/srv/data" };
  const resolvePath = async (path: string) => (path === "/srv/missing" ? null : (links[path] ?? path));
  const policy = { ...nothing, binds: ["/srv"] };

  test("a link that leads out fails the task, and no container is made", async () => {
    await world.started({ policy, resolvePath });
    const task = await world.reached(await world.run("out", ["forever"], bind("/srv/link")), "failed");
    expect(task.reason).toEqual({
      code: "policy-forbidden",
      message: "the policy of this node allows mounts below /srv only, and this one is of /etc",
    });
    expect(world.container(task)).toBeUndefined();
    const missing = await world.reached(await world.run("missing", ["forever"], bind("/srv/missing")), "failed");
    expect(missing.reason).toMatchObject({
      code: "create-failed",
      message: "bind source path does not exist: /srv/missing",
    });
  });

  test("a link within is mounted by its real path", async () => {
    await world.started({ policy, resolvePath });
    const task = await world.running("inside", bind("/srv/inside"));
    expect(world.container(task)?.binds).toEqual(["/srv/data"]);
  });

  test("a folder that becomes a link while the container is created is found after the start", async () => {
    let reads = 0;
    // Twice for the mount and twice for the folder of the policy, before the create and before the start.
    const swapped = async (path: string) => (path === "/srv/data" && ++reads > 2 ? "/etc" : path);
    await world.started({ policy, resolvePath: swapped });
    const task = await world.reached(await world.run("swapped", ["forever"], bind("/srv/data")), "failed");
    expect(task.reason.code).toBe("policy-forbidden");
    await until("the container to be killed", () => world.container(task)?.status === "exited");
  });

  test("a restart is checked by the path that the container was created with", async () => {
    let evil = false;
    const turned = async (path: string) => (path === "/srv/data" && evil ? "/etc" : path);
    await world.started({ policy, resolvePath: turned });
    const task = await world.running("turned", { ...bind("/srv/data"), restartPolicy: "always" });
    evil = true;
    world.runtime.end(task.taskId, 1);
    expect((await world.reached(task, "failed")).reason.code).toBe("policy-forbidden");
  });
});

describe("release 0.1.0", () => {
  test("a worker that does not know an option does not get the task, and explain says so", async () => {
    await world.master.register("first", {
      version: "0.1.0",
      engine: { name: "docker", version: "20", os: "linux", arch: "amd64" },
    });
    const { taskId, status, reason } = await world.run("new", ["forever"], { ...host, health: { disabled: true } });
    expect(status).toBe("pending");
    expect(reason.message).toBe(
      "0 of 1 node fits: 1 with an older worker (the worker of first (version 0.1.0) does not know network, health)",
    );
    expect((await explain(taskId)).smallestChange).toBe("upgrade the worker of first");
    expect((await world.run("plain", ["forever"], bind("/etc"))).status).toBe("scheduled");
    for (const more of [{ command: [] }, { args: [] }]) {
      const { reason } = await world.master.create("cleared", { ...more });
      expect(reason.message).toContain("does not know cleared");
    }
  });

  /** A master that refuses what 0.1.0 did not know, until it is upgraded. */
  function oldMaster(state: { isOld: boolean }) {
    const refused = (error: string, code: string) => Response.json({ error, code, details: {} }, { status: 400 });
    const fetch = async (url: string, init: RequestInit) => {
      const body = typeof init.body === "string" ? init.body : "";
      if (state.isOld && url.endsWith("/register") && body.includes('"features"'))
        return refused("unknown field features", "unknown-field");
      if (state.isOld && body.includes("policy-forbidden")) return refused("reason.code", "invalid-field");
      return world.fetch(url, init);
    };
    return new Client({ baseUrl: "http://localhost:1", fetch, clock: world.clock });
  }

  test("a master that refuses the fields gets a registration without them, and with them after its upgrade", async () => {
    const state = { isOld: true };
    await world.started({ client: oldMaster(state) });
    expect(await node()).not.toHaveProperty("features");
    await world.running("plain");
    state.isOld = false;
    world.cutLink();
    world.cut = null;
    await until("the features of the worker", async () => (await node()).features?.includes("network") ?? false);
  });

  test("a master that does not know the code gets create-failed", async () => {
    const resolvePath = async (path: string) => (path === "/srv/link" ? "/etc" : path);
    await world.started({ client: oldMaster({ isOld: true }), policy: { ...nothing, binds: ["/srv"] }, resolvePath });
    const task = await world.reached(await world.run("out", ["forever"], bind("/srv/link")), "failed");
    expect(task.reason).toMatchObject({
      code: "create-failed",
      message: expect.stringContaining("the policy of this node allows"),
    });
  });
});
