// Plays the worker of every task of a cluster: what is scheduled runs, what is asked to stop has stopped. Test support.

import { type Cluster, runs } from "./harness.ts";

/** Tasks of images with "bad" in their name fail, those with "slow" never start. Call the result to end it. */
export async function playWorker(cluster: Cluster): Promise<() => Promise<void>> {
  const { nodeId } = await cluster.node("n1", { capacity: 1000, version: "1" });
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
