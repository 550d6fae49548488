// Nodes as rows: their state, and how much of each is taken.

import type { Node } from "../../model/node.ts";
import { formatCpu, formatMemory } from "../../model/quantity.ts";
import type { Colour } from "./style.ts";
import type { Column } from "./table.ts";
import { ageOf } from "./time.ts";

export function nodeColumns(now: number, wide: boolean): Column<Node>[] {
  const columns: Column<Node>[] = [
    { title: "NAME", text: ({ hostname }) => hostname, shrinksTo: 8 },
    { title: "NODE", text: ({ nodeId }) => nodeId },
    { title: "STATUS", text: nodeStatus, colour: statusColour, shrinksTo: 8 },
    { title: "TASKS", text: ({ runningTasks, capacity }) => `${runningTasks}/${capacity}` },
    { title: "CPU", text: ({ used, cpu }) => share(formatCpu(used.cpu), cpu === 0 ? null : formatCpu(cpu)) },
    { title: "MEMORY", text: ({ used, memory }) => memoryShare(used.memory, memory) },
  ];
  if (wide) {
    columns.push(
      { title: "ADDRESS", text: ({ address, port }) => `${address.includes(":") ? `[${address}]` : address}:${port}` },
      { title: "ENGINE", text: ({ engine }) => (engine === null ? "-" : `${engine.name} ${engine.version}`) },
      { title: "PLATFORM", text: ({ engine }) => (engine === null ? "-" : `${engine.os}/${engine.arch}`) },
      { title: "VERSION", text: ({ version }) => version || "-" },
      { title: "LABELS", text: ({ labels }) => labelsText(labels) },
      { title: "HEARTBEAT", text: ({ lastHeartbeat }) => (lastHeartbeat === null ? "-" : ageOf(lastHeartbeat, now)) },
    );
  }
  columns.push({ title: "AGE", text: ({ registeredAt }) => ageOf(registeredAt, now), right: true });
  return columns;
}

/** "online", "online, cordoned", "offline", "online, no engine" */
export function nodeStatus({ status, schedulable, engineError }: Node): string {
  const parts: string[] = [status];
  if (!schedulable) parts.push("cordoned");
  if (engineError !== null) parts.push("no engine");
  return parts.join(", ");
}

function statusColour(node: Node): Colour {
  if (node.status === "offline" || node.engineError !== null) return "red";
  return node.schedulable ? "green" : "yellow";
}

/** "0.5/2"; without a limit only what is used. */
function share(used: string, limit: string | null): string {
  return limit === null ? `${used}/-` : `${used}/${limit}`;
}

/** "0.5/3.8 GiB": both in the unit of the limit. */
function memoryShare(used: number, limit: number): string {
  if (limit === 0) return `${formatMemory(used)}/-`;
  const [amount, unit] = formatMemory(limit).split(" ");
  const perUnit = limit / Number(amount);
  return `${Math.round((used / perUnit) * 10) / 10}/${amount} ${unit}`;
}

export function labelsText(labels: Readonly<Record<string, string>>): string {
  const texts = Object.entries(labels).map(([key, value]) => (value === "" ? key : `${key}=${value}`));
  return texts.length === 0 ? "-" : texts.join(",");
}
