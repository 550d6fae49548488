// What happens to a container while all are being listed is not missed, though nobody knew its task yet.

import { expect, test } from "bun:test";
import { systemClock } from "../../lib/clock.ts";
import { silentLog } from "../../lib/log.ts";
import type { ContainerEvent, ContainerState } from "../../runtime/containers.ts";
import type { Runtime } from "../../runtime/runtime.ts";
import { EngineLink } from "./engine-link.ts";

const engine = { name: "docker", version: "28", os: "linux", arch: "amd64" };

test("an event during the look is told again after it", async () => {
  let tell: (event: ContainerEvent) => void = () => {};
  const container = { taskId: "t1", containerId: "c1", status: "running" } as ContainerState;
  const runtime = {
    engine: { ping: async () => {}, info: async () => ({ engine, cpu: 1, memory: 1 }) },
    containers: {
      events: (_cluster: string, onOpen: () => void, onEvent: (event: ContainerEvent) => void, signal: AbortSignal) => {
        tell = onEvent;
        onOpen();
        return new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
      },
      list: async () => {
        tell({ taskId: "t1", containerId: "c1" }); // it ends, and the list still says that it runs
        return [container];
      },
    },
  } as unknown as Runtime;
  const told: string[] = [];
  const end = new AbortController();
  const link = new EngineLink({
    runtime,
    clock: systemClock,
    log: silentLog,
    signal: end.signal,
    owner: () => ({ clusterId: "c", nodeId: "n" }),
    onEvent: (taskId) => told.push(`event of ${taskId}`),
    onTruth: (found) => told.push(`truth of ${found.map(({ taskId }) => taskId)}`),
    onList: () => {},
    onNews: () => {},
  });
  await link.begin();
  told.length = 0;
  await link.adopt();
  tell({ taskId: "t2", containerId: "c2" });
  expect(told).toEqual(["event of t1", "truth of t1", "event of t1", "event of t2"]);
  end.abort();
});
