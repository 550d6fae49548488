// The packed form of tasks: packing and unpacking are inverse, and merging an update into a packed task gives what
// updating the task gives. Tasks and updates are random, from seeds.

import { expect, test } from "bun:test";
import { type Random, randomInteger, seededRandom } from "../../lib/random.ts";
import type { NodeId, TaskId } from "../ids.ts";
import type { PackedStatus } from "./status.ts";
import {
  mergeTask,
  noRequests,
  type PackedTask,
  type PackedTaskUpdate,
  packTask,
  unpackTask,
  updateTask,
} from "./task.ts";

const at = "2025-01-19T12:34:56.000Z";
const taskId = "20250119123456-abcd1234" as TaskId;
const nodeId = "20250119123456-n0000001" as NodeId;

class Draw {
  readonly #random: Random;

  constructor(seed: number) {
    this.#random = seededRandom(seed);
  }

  one<T>(values: readonly T[]): T {
    return values[randomInteger(this.#random, values.length)]!;
  }

  /** Some of the fields, each with one of its values. */
  some<T extends object>(fields: { [Key in keyof T]-?: readonly T[Key][] }): Partial<T> {
    const keys = (Object.keys(fields) as (keyof T)[]).filter(() => this.one([true, false]));
    return Object.fromEntries(keys.map((key) => [key, this.one(fields[key])])) as Partial<T>;
  }

  observed(): PackedStatus {
    const lastFailure = { finishedAt: at, exitCode: 1, log: ["no such file"] };
    const publishedPorts = [{ hostIp: "127.0.0.1", hostPort: 8080, containerPort: 80, protocol: "tcp" as const }];
    const container = () =>
      this.some({
        name: ["main", "sidecar"],
        containerId: [null, "c1", "c2"],
        exitCode: [null, 0, 137],
        oomKilled: [false, true],
        restarts: [0, 3],
        requestedRestarts: [0, 1],
        publishedPorts: [[], publishedPorts],
        startedAt: [null, at],
        error: [null, "no space left on device"],
        lastFailure: [null, lastFailure],
      });
    return this.some<PackedStatus>({
      status: ["pending", "scheduled", "running", "failed"],
      reason: [{ code: "running", message: "running" }],
      ready: [false, true],
      finishedAt: [null, at],
      containers: [[], [container()], [container(), container()]],
    });
  }

  update(): PackedTaskUpdate {
    return this.some<PackedTaskUpdate>({
      desired: ["running", "draining", "stopped"],
      requests: [
        { ...noRequests, graceSeconds: 0, remove: true },
        { ...noRequests, restarts: 2, restartedBy: "anna@laptop" },
        { ...noRequests, restarts: 3, restartedBy: "anna@laptop", restartAskedAt: at },
      ],
      placement: [{ nodeId, at, revision: 4 }],
      ended: [{ at, revision: 5 }],
      replacedBy: ["20250119123457-abcd1234" as TaskId],
      owner: [{ kind: "service", id: "s", revision: 2, slot: "1", revisedAt: at, restarts: 1 }],
      spec: [{ containers: [{ image: "app:2" }] }],
      observed: [this.observed()],
    });
  }

  task(): PackedTask {
    const more = this.some<PackedTask>({
      ...{ taskId: [taskId], name: ["web"], createdAt: [at] },
      spec: [
        { labels: { app: "web" }, containers: [{ image: "nginx", args: ["-g"], user: "www" }] },
        { containers: [{ image: "nginx" }, { name: "sidecar", image: "envoy" }], init: [{ image: "busybox" }] },
      ],
      owner: [null, { kind: "service", id: "s1" }],
      replaces: [null, "20250119123455-abcd1234" as TaskId],
      idempotency: [null, { key: "k", fingerprint: "f" }],
      requests: [{ ...noRequests, graceSeconds: 3 }],
      ...{ desired: ["running", "stopped"], placement: [null], ended: [null], replacedBy: [null] },
      observed: [this.observed()],
    });
    return { taskId, name: "web", createdAt: at, spec: { containers: [{ image: "nginx" }] }, ...more };
  }
}

const throughJson = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

const seeds = Array.from({ length: 300 }, (_, seed) => seed);

test("unpacking what was packed gives the task", () => {
  for (const seed of seeds) {
    const task = unpackTask(new Draw(seed).task());
    const packed = packTask(task);
    expect([seed, unpackTask(packed), unpackTask(throughJson(packed))]).toEqual([seed, task, task]);
    expect([seed, packTask(unpackTask(throughJson(packed)))]).toEqual([seed, packed]);
  }
});

test("merging updates gives what applying them gives", () => {
  for (const seed of seeds) {
    const draw = new Draw(seed);
    let merged = draw.task();
    let updated = unpackTask(merged);
    for (let step = 0; step < 3; step++) {
      const set = draw.update();
      merged = mergeTask(merged, set);
      updated = updateTask(updated, set);
      expect([seed, unpackTask(merged), unpackTask(throughJson(merged))]).toEqual([seed, updated, updated]);
    }
  }
});
