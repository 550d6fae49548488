// The Docker runtime keeps the contract with Podman's service, too.

import { afterAll, beforeAll, expect, test } from "bun:test";
import { DockerRuntime } from "../../src/runtime/docker/docker-runtime.ts";
import { LogsUnavailable } from "../../src/runtime/runtime-error.ts";
import { describeLab } from "../../tools/lab/available.ts";
import { Lab } from "../../tools/lab/lab.ts";
import { allLogs } from "./contract-subject.ts";
import { dockerHarness, unloggedContainer } from "./docker-harness.ts";
import { runtimeContract } from "./runtime.contract.ts";

describeLab("Podman", () => {
  let lab: Lab;
  let host = "";
  beforeAll(async () => {
    lab = await Lab.start();
    host = (await lab.podman()).host;
  });
  afterAll(() => lab?.down());

  test("a log that the engine does not keep is refused at once, with the driver's name", async () => {
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

  runtimeContract("Podman", () => dockerHarness(host));
});
