// One task as lines of "name: value".

import type { TaskView } from "../../api/views/task.ts";
import type { NodeId } from "../../model/ids.ts";
import type { Node } from "../../model/node/node.ts";
import { oneLine } from "./style.ts";
import { portText } from "./tasks.ts";

/** Without what is empty. */
export function detailLines(task: TaskView, nodes: ReadonlyMap<NodeId, Node>): string {
  const { nodeId, restartPolicy, publishedPorts, env } = task;
  const rows: [name: string, value: string | number | null | undefined][] = [
    ["ID", task.taskId],
    ["Name", task.name],
    ["Image", task.image],
    ["Status", task.status],
    ["Ready", task.status === "running" && task.ready === false ? "no" : null],
    ["Reason", task.reason.message],
    ["Node", nodeId && (nodes.get(nodeId)?.hostname ?? nodeId)],
    ["Container", task.containerId],
    ["Ports", publishedPorts.map(portText).join(", ")],
    ["Restart policy", typeof restartPolicy === "string" ? restartPolicy : JSON.stringify(restartPolicy)],
    ["Restarts", task.restarts],
    ["Created", task.createdAt],
    ["Started", task.startedAt],
    ["Finished", task.finishedAt],
    ["Exit code", task.exitCode],
    ["Error", task.error],
    [
      "Environment",
      Object.entries(env)
        .map(([key, value]) => `${key}=${value}`)
        .join(" "),
    ],
  ];
  return rows
    .filter(([, value]) => value !== null && value !== undefined && value !== "")
    .map(([name, value]) => `${`${name}:`.padEnd(16)}${oneLine(String(value))}\n`)
    .join("");
}
