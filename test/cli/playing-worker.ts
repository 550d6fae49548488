// Plays the worker of every task of a cluster: what is scheduled runs, what is asked to stop has stopped. Test support.

import { afterAll, afterEach, beforeAll, beforeEach } from "bun:test";
import type { TaskView } from "../../src/api/views/task.ts";
import type { ServiceView } from "../../src/model/service/view.ts";
import { Cluster, commandsOf, runs } from "./harness.ts";

/** Without the pauses of a rollout. */
export const quick = "--min-ready 0s --monitor 0s --drain 0s";

/** Short words for lines that must go well. */
export function serviceLines(ok: (line: string) => Promise<string>) {
  return {
    inspect: async (name: string): Promise<ServiceView> => JSON.parse(await ok(`service inspect ${name}`)),
    ps: async (name: string): Promise<TaskView[]> => JSON.parse(await ok(`service ps ${name} -o json`)),
    steady: (name: string, more = "") => ok(`service create ${name} --image app:1 ${quick} ${more}`),
  };
}

/** A cluster whose worker is played, for all tests of a file or for each of them, and its commands. `more`: of its node. */
export function playedCluster(more: object = {}, of: "all" | "each" = "all") {
  let cluster: Cluster;
  let endWorker: () => Promise<void>;
  const [before, after] = of === "all" ? [beforeAll, afterAll] : [beforeEach, afterEach];
  before(async () => {
    cluster = new Cluster();
    endWorker = await playWorker(cluster, more);
  });
  after(async () => {
    await endWorker();
    await cluster.stop();
  });
  return { ...commandsOf(() => cluster), cluster: () => cluster };
}

/** Tasks of images with "bad" in their name fail, those with "slow" never start. Call the result to end it. */
export async function playWorker(cluster: Cluster, more: object = {}): Promise<() => Promise<void>> {
  const features = ["node-address"];
  const { nodeId } = await cluster.node("n1", { capacity: 1000, version: "1", features, ...more });
  let works = true;
  const ended = (async () => {
    for (; works; await Bun.sleep(20)) {
      await cluster.client.call("heartbeat", { id: nodeId });
      await workOnce(cluster);
    }
  })();
  return () => {
    works = false;
    return ended;
  };
}

async function workOnce({ client }: Cluster): Promise<void> {
  const listed = await client.call("listTasks");
  for (const { taskId, status, desired, image } of listed.ok ? listed.value! : []) {
    if (!["scheduled", "running"].includes(status)) continue;
    const report = (body: object) => client.call("reportTask", { id: taskId, body: body as never });
    if (desired === "stopped") await report({ status: "stopped", exitCode: 0 });
    else if (status === "running" || image.includes("slow")) continue;
    else if (image.includes("bad"))
      await report({ status: "failed", reason: { code: "start-failed", message: "no such program" } });
    else await report({ status: "running", containerId: "c0ffee", reason: runs });
  }
}
