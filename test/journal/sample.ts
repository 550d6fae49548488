// Sample batches, the same for the same revision in every process, so that a test can compare what it reads with what
// another process wrote.

import { toTimestamp } from "../../src/lib/clock.ts";
import { randomInteger, seededRandom } from "../../src/lib/random.ts";
import { type Batch, type Change, dataFormat } from "../../src/model/change.ts";
import type { NodeId, TaskId } from "../../src/model/ids.ts";

const start = Date.UTC(2025, 0, 19, 12, 34, 56);
const nodeId = "node-00000001" as NodeId;

export function sampleBatch(revision: number, count = 3): Batch {
  return {
    format: dataFormat,
    revision,
    at: start + revision,
    epoch: 1,
    seed: revision,
    commands: [{ type: "createTask", by: "user:test", count }],
    changes: Array.from({ length: count }, (_, index) => created(revision, index)),
  };
}

/** Between 0 and `most` changes, by the revision: rows within a page and rows over many. */
export function variedBatch(revision: number, most: number): Batch {
  return sampleBatch(revision, randomInteger(seededRandom(revision), most + 1));
}

/** Some 300 bytes as JSON: a small web server with a port, two variables and a label. */
export function created(revision: number, index: number): Change {
  return {
    type: "task.created",
    record: {
      taskId: taskIdOf(revision, index),
      // Now and then a text that is not ASCII: it takes other ways through SQLite and JSON.
      name: revision % 7 === 0 ? `größer "${revision}" 🦭` : `web-${revision}-${index}`,
      spec: {
        labels: { app: "web" },
        containers: [
          {
            image: "registry.example:5000/shop/web:1.2.3",
            env: { MODE: "production", GREETING: "hello" },
            ports: [{ hostPort: null, containerPort: 80, protocol: "tcp", hostIp: "127.0.0.1" }],
          },
        ],
      },
      createdAt: toTimestamp(start + revision),
    },
  };
}

/** The three patches that take a task from pending to completed. */
export function lifeOf(revision: number, index: number): Change[] {
  const id = taskIdOf(revision, index);
  const at = toTimestamp(start + revision);
  const placed = { code: "placed", message: "placed on n1: 3 of 10 tasks there" } as const;
  const running = { code: "running", message: "running" } as const;
  const exited = { code: "exited", message: "exited with code 0 after 12 s" } as const;
  const containerId = "4f53cda18c2baa0c0354bb5f9a3ecbe5ed12ab4d8e11ba873c2f11161202b945";
  const publishedPorts = [{ hostIp: "127.0.0.1", hostPort: 32768, containerPort: 80, protocol: "tcp" }] as const;
  return [
    {
      type: "task.updated",
      id,
      set: { placement: { nodeId, at, revision }, observed: { status: "scheduled", reason: placed } },
    },
    {
      type: "task.updated",
      id,
      set: {
        observed: { status: "running", reason: running, containers: [{ containerId, startedAt: at, publishedPorts }] },
      },
    },
    {
      type: "task.updated",
      id,
      set: {
        observed: { status: "completed", reason: exited, finishedAt: at, containers: [{ exitCode: 0 }] },
        ended: { at, revision },
      },
    },
  ];
}

function taskIdOf(revision: number, index: number): TaskId {
  return `20250119123456-${(revision * 1_000 + index).toString(36).padStart(8, "0")}` as TaskId;
}

/** Chunks that stand for a snapshot of this revision: 20 to 200 KB each. */
export function snapshotOf(revision: number): string[] {
  const random = seededRandom(revision);
  return Array.from({ length: 1 + randomInteger(random, 6) }, (_, position) =>
    `${revision}/${position} `.repeat(2_000 + randomInteger(random, 15_000)),
  );
}

export function batches(first: number, last: number) {
  return range(first, last).map((revision) => sampleBatch(revision));
}

export function range(first: number, last: number): number[] {
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => first + index);
}
