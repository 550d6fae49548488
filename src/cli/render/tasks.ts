// Tasks as table rows, and the text of their status, reason and ports.

import type { TaskView } from "../../api/views/task.ts";
import type { NodeId } from "../../model/ids.ts";
import type { Node } from "../../model/node/node.ts";
import { isFinished } from "../../model/task/reason.ts";
import type { PublishedPort } from "../../model/task/spec.ts";
import { bar } from "./bar.ts";
import { readyColumn } from "./containers.ts";
import type { Colour } from "./style.ts";
import type { Column } from "./table.ts";
import { ageOf } from "./time.ts";

export interface TaskColumns {
  now: number;
  /** Nodes by id; unknown nodes are shown by id. */
  nodes: ReadonlyMap<NodeId, Node>;
  wide: boolean;
  /** True when one of these tasks has several containers: then a column says how many are ready. */
  hasPods?: boolean;
  /** On a terminal: what a task reserves of its node, as a small bar, if any of these tasks reserves something. */
  bars?: readonly TaskView[];
}

export function taskColumns({ now, nodes, wide, hasPods = false, bars = [] }: TaskColumns): Column<TaskView>[] {
  const node = ({ nodeId }: TaskView) => (nodeId === null ? "-" : (nodes.get(nodeId)?.hostname ?? shortId(nodeId)));
  const load = (task: TaskView) => {
    const share = reservedShare(task, nodes);
    return share === null ? "-" : `${bar(share)}${wide ? ` ${Math.round(share * 100)} %` : ""}`;
  };
  const columns: Column<TaskView>[] = [
    { title: "NAME", text: ({ name }) => name, shrinksTo: 12 },
    { title: "ID", text: ({ taskId }) => (wide ? taskId : shortId(taskId)) },
    { title: "IMAGE", text: ({ image }) => (wide ? image : shortImage(image)), shrinksTo: 10, drops: 2 },
    ...(hasPods ? [readyColumn] : []),
    { title: "STATUS", text: statusText, colour: statusColour, shrinksTo: 14, cutLast: true },
    { title: "NODE", text: node, shrinksTo: 6 },
    {
      title: "PORTS",
      text: (task) => portsText(task) || "-",
      shortText: (task) => shortPortsText(task) || "-",
      shrinksTo: 8,
      drops: 1,
    },
  ];
  if (bars.some((task) => reservedShare(task, nodes) !== null)) {
    columns.push({ title: "LOAD", text: load, optional: !wide });
  }
  if (wide) columns.push({ title: "RESTARTS", text: ({ restarts }) => String(restarts), right: true });
  columns.push({ title: "AGE", text: ({ createdAt }) => ageOf(createdAt, now), right: true });
  // Last, because a reason can be longer than the terminal is wide.
  if (wide) columns.push({ title: "REASON", text: reasonText, wraps: true });
  return columns;
}

/** The larger of the shares of cpu and memory that the task reserves on its node. Null if it reserves nothing. */
function reservedShare({ nodeId, resources, status }: TaskView, nodes: ReadonlyMap<NodeId, Node>): number | null {
  const node = nodeId === null || isFinished(status) ? undefined : nodes.get(nodeId);
  if (node === undefined) return null;
  const cpu = node.cpu > 0 ? resources.cpu.request / node.cpu : 0;
  const memory = node.memory > 0 ? resources.memory.request / node.memory : 0;
  return Math.max(cpu, memory) || null;
}

/** The random part of an id, which names the task as well as the whole id does. */
export function shortId(id: string): string {
  return id.slice(id.lastIndexOf("-") + 1);
}

/** Without a digest, which is longer than all else. */
function shortImage(image: string): string {
  return image.replace(/@sha256:.*/, "");
}

/** Characters of the last log line; podling explain and podling inspect show all that is kept. */
const quotedLength = 120;
/** Of a reason in a table; podling explain and podling inspect show all of it. */
const sentenceLength = 400;

/** The reason, and after a failed run the last line of its log. */
export function reasonText({ reason, status, lastFailure }: TaskView): string {
  const line = lastFailure?.log.at(-1);
  const concerns = reason.code === "restarting" || (status === "failed" && reason.code !== "node-lost");
  // A probe's output may be long.
  const sentence =
    reason.message.length > sentenceLength ? `${reason.message.slice(0, sentenceLength)}…` : reason.message;
  if (line === undefined || !concerns) return sentence;
  return `${sentence}; last log line: ${line.length > quotedLength ? `${line.slice(0, quotedLength)}…` : line}`;
}

/** "running", "running (not ready)", "restarting (3)" with the restarts so far, "failed (exit 3)", "scheduled (pulling)", "pending (no-node-fits)" */
export function statusText({ status, reason, exitCode, desired, restarts }: TaskView): string {
  if (status === "failed" && reason.code === "exited" && exitCode !== null) return `failed (exit ${exitCode})`;
  if (!isFinished(status) && desired === "stopped") return `${status} (stopping)`;
  if (reason.code === "not-ready") return `${status} (not ready)`;
  if (reason.code === "restart-requested") return "restarting";
  if (reason.code === "restarting") return `restarting (${restarts})`;
  if (status === reason.code || reason.code === "placed" || status === "completed" || status === "stopped")
    return status;
  return `${status} (${reason.code})`;
}

function statusColour({ status, reason }: TaskView): Colour | undefined {
  if (status === "running") return reason.code === "running" ? "green" : "yellow";
  if (status === "failed") return "red";
  return isFinished(status) ? "dim" : "yellow";
}

/** "127.0.0.1:8080->80/tcp": the published ports, or before the start the requested ones. */
export function portsText({ publishedPorts, ports }: TaskView): string {
  if (publishedPorts.length > 0) return publishedPorts.map(portText).join(", ");
  return ports
    .map(({ hostIp, hostPort, containerPort, protocol }) => {
      return `${hostIp}:${hostPort ?? "?"}->${containerPort}/${protocol}`;
    })
    .join(", ");
}

/** "8080->80, 53->53/udp": without the addresses of the node. */
function shortPortsText({ publishedPorts, ports }: TaskView): string {
  return (publishedPorts.length > 0 ? publishedPorts : ports)
    .map(({ hostPort, containerPort, protocol }) => {
      return `${hostPort ?? "?"}->${containerPort}${protocol === "tcp" ? "" : `/${protocol}`}`;
    })
    .join(", ");
}

export function portText({ hostIp, hostPort, containerPort, protocol }: PublishedPort): string {
  return `${hostIp.includes(":") ? `[${hostIp}]` : hostIp}:${hostPort}->${containerPort}/${protocol}`;
}
