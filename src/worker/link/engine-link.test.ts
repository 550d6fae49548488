// An event that comes while all containers are being listed is not missed, also if its task is not known yet.

import { expect, test } from "bun:test";
import { type Clock, systemClock } from "../../lib/clock.ts";
import { silentLog } from "../../lib/log.ts";
import { limits } from "../../model/limits.ts";
import type { ContainerEvent, ContainerState } from "../../runtime/containers.ts";
import type { Runtime } from "../../runtime/runtime.ts";
import { RuntimeError } from "../../runtime/runtime-error.ts";
import { EngineLink } from "./engine-link.ts";

const engine = { name: "docker", version: "28", os: "linux", arch: "amd64" };

test("an event during the list is passed on again after it", async () => {
  let send: (event: ContainerEvent) => void = () => {};
  const container = { taskId: "t1", containerId: "c1", status: "running" } as ContainerState;
  const runtime = {
    engine: { ping: async () => {}, info: async () => ({ engine, cpu: 1, memory: 1 }) },
    containers: {
      events: (_cluster: string, onOpen: () => void, onEvent: (event: ContainerEvent) => void, signal: AbortSignal) => {
        send = onEvent;
        onOpen();
        return new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
      },
      list: async () => {
        send({ taskId: "t1", containerId: "c1" }); // it ends, and the list still says that it runs
        return [container];
      },
    },
  } as unknown as Runtime;
  const end = new AbortController();
  const link = new EngineLink({
    runtime,
    clock: systemClock,
    log: silentLog,
    signal: end.signal,
    identity: { confirmed: { clusterId: "c", nodeId: "n" } },
    containers: { list: ({ clusterId, nodeId }) => runtime.containers.list(clusterId, nodeId) },
  });
  const seen: string[] = [];
  const listener = {
    onContainerEvent: (taskId: string) => void seen.push(`event of ${taskId}`),
    onAllContainers: (found: readonly ContainerState[]) => void seen.push(`all: ${found.map(({ taskId }) => taskId)}`),
    onContainerList() {},
  };
  await link.begin(listener, { onEngineNews() {} });
  seen.length = 0;
  await link.adopt();
  send({ taskId: "t2", containerId: "c2" });
  expect(seen).toEqual(["event of t1", "all: t1", "event of t1", "event of t2"]);
  end.abort();
});

test("an engine that is away is asked at growing intervals", async () => {
  const pauses: number[] = [];
  const end = new AbortController();
  const done = Promise.withResolvers<void>();
  const clock: Clock = {
    ...systemClock,
    timer(delayMs, fire) {
      if (delayMs < limits.enginePingMs) pauses.push(delayMs); // others are pings and lists
      if (pauses.length === 4) done.resolve();
      else queueMicrotask(fire);
      return () => {};
    },
  };
  const away = async () => {
    throw new RuntimeError("engine-unavailable", "away", true);
  };
  const runtime = { engine: { ping: away, info: away }, containers: {} } as unknown as Runtime;
  const containers = { list: async () => [] };
  const identity = { confirmed: { clusterId: "c", nodeId: "n" } };
  const link = new EngineLink({ runtime, clock, log: silentLog, signal: end.signal, identity, containers });
  const listener = { onContainerEvent() {}, onAllContainers() {}, onContainerList() {} };
  void link.begin(listener, { onEngineNews() {} });
  await done.promise;
  end.abort();
  expect(pauses).toEqual([500, 1000, 2000, 4000]);
});
