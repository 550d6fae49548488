// What every engine promises for a container whose log it does not keep.

import { expect, test } from "bun:test";
import { DEMO_IMAGE, ensureImage } from "../../scripts/demo-image.ts";
import { engineFetch } from "../../scripts/ping-engine.ts";
import { containerLabels } from "../../src/model/cluster/cluster.ts";
import { DockerRuntime } from "../../src/runtime/docker/docker-runtime.ts";
import { LogsUnavailable } from "../../src/runtime/runtime-error.ts";
import { allLogs } from "./contract-subject.ts";
import { newClusterId } from "./docker-harness.ts";

/** `hostOf` is asked within the test. */
export function testUnkeptLogs(hostOf: () => string): void {
  test("a log that the engine does not keep is refused at once, with the driver's name", async () => {
    const host = hostOf();
    const { containers } = new DockerRuntime(host);
    const containerId = await unloggedContainer(host);
    await containers.start(containerId);
    for (const follow of [false, true]) {
      for (const tail of [null, 5]) {
        const asked = containers.logs(containerId, { ...allLogs, follow, tail }, new AbortController().signal);
        await expect(asked).rejects.toThrow(LogsUnavailable);
        await expect(asked).rejects.toThrow("the log driver none keeps no logs");
      }
    }
    await containers.remove(containerId);
  });
}

/** The id of a created container whose logs the engine does not keep. */
async function unloggedContainer(host: string): Promise<string> {
  await ensureImage(host);
  const answer = await engineFetch(host, "/containers/create", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      Image: DEMO_IMAGE,
      Cmd: ["true"],
      HostConfig: { LogConfig: { Type: "none" } },
      Labels: { [containerLabels.cluster]: newClusterId(), [containerLabels.node]: "node-contract" },
    }),
  });
  return ((await answer.json()) as { Id: string }).Id;
}
