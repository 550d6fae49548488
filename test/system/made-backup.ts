// Generated backups of clusters that never existed, of any size. Test support.

import { backupFormat, writeBackup } from "../../src/api/views/backup-file.ts";
import { ClusterState } from "../../src/core/state/cluster-state.ts";
import { writeWholeSnapshot } from "../../src/core/state/snapshot.ts";
import type { NodeId, TaskId } from "../../src/model/ids.ts";
import { perListedKind } from "../../src/model/kinds/kinds.ts";
import { nodeDefaults } from "../../src/model/node/node.ts";

const at = "2025-01-19T12:00:00.000Z";
const nodeId = "node-00000001" as NodeId;

/** `count` tasks named PREFIX-0 and so on, all placed on one node. */
export function madeBackup(clusterId: string, prefix: string, count: number): Uint8Array<ArrayBuffer> {
  const state = new ClusterState();
  state.revision = count;
  const cluster = { clusterId, epoch: 3, strategy: "round-robin" } as const;
  state.apply({ type: "cluster.updated", id: "cluster", set: cluster });
  const node = { nodeId, hostname: "n1", port: 1, address: "127.0.0.1", capacity: 10_000, cpu: 0, memory: 0 };
  const rest = { labels: {}, status: "online", schedulable: true, engine: null, engineError: null } as const;
  const more = { ...rest, ...nodeDefaults };
  state.apply({ type: "node.created", record: { ...node, ...more, version: "", registeredAt: at } });
  for (let i = 0; i < count; i++) {
    const task = {
      taskId: `20250119120000-${i.toString(36).padStart(8, "0")}` as TaskId,
      name: `${prefix}-${i}`,
      spec: { containers: [{ image: "nginx", env: { FOR: `${prefix}-${i}`, PADDING: "x".repeat(500) } }] },
      createdAt: at,
      placement: { nodeId, at, revision: i },
      observed: { status: "running", containers: [{ startedAt: at }] },
    } as const;
    state.apply({ type: "task.created", record: task });
  }
  const { revision, nodes, tasks } = state;
  const manifest = {
    podling: "backup",
    format: backupFormat,
    clusterId,
    revision,
    epoch: 3,
    at,
    version: "0",
  } as const;
  const counts = { ...perListedKind(() => 0), nodes: nodes.size, tasks: tasks.size };
  const pieces = writeBackup({ ...manifest, ...counts }, writeWholeSnapshot(state));
  return new Uint8Array(Buffer.concat([...pieces]));
}
