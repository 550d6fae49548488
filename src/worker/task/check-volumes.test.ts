// A container waits while another one that is not to run has a volume of it.

import { expect, test } from "bun:test";
import { unpackContainer } from "../../model/task/spec.ts";
import type { ContainerUse } from "../../runtime/containers.ts";
import { checkVolumes } from "./check-volumes.ts";

function fault(source: string, unwanted: string[]): Promise<unknown> {
  const mount = { type: "volume" as const, source, target: "/d", readOnly: false, sizeBytes: null };
  const spec = unpackContainer({ image: "i", ...(source === "" ? {} : { mounts: [mount] }) });
  const uses: ContainerUse[] = ["c1", "c2"].map((containerId, at) => ({
    ...{ containerId, name: `old-${containerId}`, imageId: "i", volumes: [["data"], ["other"]][at]! },
  }));
  const context = {
    runtime: { containers: { uses: async () => uses } },
    neighbours: { unwantedContainers: () => unwanted },
  };
  return checkVolumes(spec, context as never).then(
    () => null,
    ({ code, message, temporary }) => ({ code, message, temporary }),
  );
}

test("waits for the container that is being stopped and has the volume, and for no other", async () => {
  expect(await fault("data", ["c1"])).toEqual({
    ...{ code: "volume-in-use", message: "the volume data is used by the container old-c1", temporary: true },
  });
  expect(await fault("data", ["c2"])).toBeNull();
  expect(await fault("data", [])).toBeNull();
  expect(await fault("", ["c1", "c2"])).toBeNull();
});
