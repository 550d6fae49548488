// One task as lines of "name: value".

import type { TaskView } from "../../api/views/task.ts";
import type { NodeId } from "../../model/ids.ts";
import type { Node } from "../../model/node/node.ts";
import { containerLine } from "./containers.ts";
import { oneLine } from "./style.ts";
import { portText } from "./tasks.ts";

type Row = [name: string, value: string | number | null | undefined];

/** Of a task of several: "app: running", "cache (sidecar): running, 2 restarts: exited with code 1; restart 3 in 4 s". */
function containerRows({ containers = [], initContainers = [] }: TaskView): Row[] {
  const row =
    (what: string) =>
    (one: NonNullable<TaskView["containers"]>[number]): Row => [what, containerLine(one)];
  return [...initContainers.map(row("Init container")), ...containers.map(row("Container"))];
}

/** Without what is empty. */
export function detailLines(task: TaskView, nodes: ReadonlyMap<NodeId, Node>): string {
  const { nodeId, restartPolicy, publishedPorts, env } = task;
  const rows: Row[] = [
    ["ID", task.taskId],
    ["Name", task.name],
    ["Image", task.image],
    ["Status", task.status],
    ["Ready", task.status === "running" && task.ready === false ? "no" : null],
    ["Reason", task.reason.message],
    ["Node", nodeId && (nodes.get(nodeId)?.hostname ?? nodeId)],
    ["Container", task.containers ? null : task.containerId],
    ...containerRows(task),
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
