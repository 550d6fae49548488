// Nodes as table rows, with their status and use, and the notes that are printed below the table.

import { fromTimestamp } from "../../lib/clock.ts";
import { dampedSentence, type Node } from "../../model/node/node.ts";
import { formatCpu, formatMemory } from "../../model/quantity.ts";
import { bar } from "./bar.ts";
import type { Colour } from "./style.ts";
import type { Column } from "./table.ts";
import { shortId } from "./tasks.ts";
import { ageOf } from "./time.ts";

/** `bars`: the shares also as small bars, for a terminal. */
export function nodeColumns(now: number, wide: boolean, bars = false): Column<Node>[] {
  /** `shareOf`: null where nothing is known of the amount of the node. */
  const drawn = (shareOf: (node: Node) => number | null, text: (node: Node) => string) => ({
    text(node: Node) {
      const used = bars ? shareOf(node) : null;
      return `${used === null ? "" : `${bar(used)} `}${text(node)}`;
    },
    shortText: text,
  });
  const columns: Column<Node>[] = [
    { title: "NAME", text: ({ hostname }) => hostname, shrinksTo: 8 },
    { title: "ID", text: ({ nodeId }) => (wide ? nodeId : shortId(nodeId)) },
    { title: "STATUS", text: nodeStatus, colour: statusColour, shrinksTo: 8, cutLast: true },
    {
      title: "TASKS",
      ...drawn(
        ({ runningTasks, capacity }) => runningTasks / capacity,
        ({ runningTasks, capacity }) => `${runningTasks}/${capacity}`,
      ),
    },
    {
      title: "CPU",
      ...drawn(
        ({ used, cpu }) => (cpu === 0 ? null : used.cpu / cpu),
        ({ used, cpu }) => share(formatCpu(used.cpu), cpu === 0 ? null : formatCpu(cpu)),
      ),
      drops: 2,
    },
    {
      title: "MEMORY",
      ...drawn(
        ({ used, memory }) => (memory === 0 ? null : used.memory / memory),
        ({ used, memory }) => memoryShare(used.memory, memory),
      ),
      drops: 3,
    },
  ];
  if (wide) {
    columns.push(
      { title: "ADDRESS", text: ({ address, port }) => `${address.includes(":") ? `[${address}]` : address}:${port}` },
      { title: "ENGINE", text: ({ engine }) => (engine === null ? "-" : `${engine.name} ${engine.version}`) },
      { title: "PLATFORM", text: ({ engine }) => (engine === null ? "-" : `${engine.os}/${engine.arch}`) },
      { title: "VERSION", text: ({ version }) => version || "-" },
      { title: "LABELS", text: ({ labels }) => labelsText(labels), shrinksTo: 20 },
      { title: "HEARTBEAT", text: ({ lastHeartbeat }) => (lastHeartbeat === null ? "-" : ageOf(lastHeartbeat, now)) },
    );
  }
  columns.push({ title: "AGE", text: ({ registeredAt }) => ageOf(registeredAt, now), right: true, drops: 1 });
  // Last, because a reason can be longer than the terminal is wide.
  if (wide) columns.push({ title: "REASON", text: (node) => troubleOf(node) ?? "-", wraps: true });
  return columns;
}

/** "online", "online, suspect", "online, silent", "online, damped", "online, cordoned", "online, draining", "online, drained", "offline", "online, no engine" */
export function nodeStatus(node: Node): string {
  const { status, schedulable, engineError, suspect, draining, runningTasks } = node;
  const parts: string[] = [status];
  if (suspect) parts.push(suspect.code === "connection-broken" ? "suspect" : "silent");
  else if (dampedSentence(node) !== null) parts.push("damped");
  if (!schedulable) parts.push("cordoned");
  if (draining) parts.push(runningTasks > 0 ? "draining" : "drained");
  if (engineError !== null) parts.push("no engine");
  return parts.join(", ");
}

function statusColour(node: Node): Colour {
  if (node.status === "offline" || node.engineError !== null) return "red";
  return node.schedulable && !node.draining && troubleOf(node) === null ? "green" : "yellow";
}

/** Why an online node receives no new tasks. Null if there is no reason. */
function troubleOf(node: Node): string | null {
  if (node.status === "offline") return null;
  if (node.suspect) return node.suspect.message;
  return node.engineError ?? dampedSentence(node);
}

/** Notes below a table, so that the table stays visible. -o wide shows all reasons. */
const notesShown = 5;

/** After this time an offline node may be a machine that is gone for good. */
const goneMs = 10 * 60_000;

/**
 * Notes for stderr: mass-loss protection, why online nodes receive no new tasks, nodes that are offline for
 * long, and nodes that got another name.
 */
export function nodeNotes(nodes: readonly Node[], now: number): string[] {
  const silent = nodes.filter(({ suspect }) => suspect?.code === "mass-silence");
  const online = nodes.filter(({ status }) => status === "online").length;
  const notes: string[] = [];
  if (silent.length > 0) {
    const { hostname } = silent[0]!;
    notes.push(
      `mass-loss protection is active: ${silent.length} of ${online} nodes stopped sending heartbeats at once. The cause may be the master's own network, so none is declared lost until more are back. If a machine is really dead: podling node lost ${hostname}`,
    );
  }
  const others = nodes.filter((node) => troubleOf(node) !== null && node.suspect?.code !== "mass-silence");
  for (const node of others.slice(0, notesShown)) notes.push(`${node.hostname}: ${troubleOf(node)}`);
  if (others.length > notesShown) notes.push(`and ${others.length - notesShown} more: podling nodes -o wide`);
  const gone = nodes.filter(
    ({ status, lastHeartbeat }) =>
      status === "offline" && lastHeartbeat !== null && now - fromTimestamp(lastHeartbeat) > goneMs,
  );
  if (gone.length > 0) {
    const named = gone.slice(0, notesShown).map(({ hostname }) => hostname);
    const more = gone.length > notesShown ? ` and ${gone.length - notesShown} more` : "";
    const longest = ageOf(gone[0]!.lastHeartbeat!, now);
    notes.push(
      gone.length === 1
        ? `${named[0]} is offline for ${longest}. If the machine is gone for good: podling node rm ${named[0]}`
        : `offline for long: ${named.join(", ")}${more}. For machines that are gone for good: podling node rm NODE`,
    );
  }
  const renamed = nodes.filter(({ askedHostname }) => askedHostname !== undefined);
  for (const { hostname, askedHostname, address } of renamed.slice(0, notesShown))
    notes.push(`${hostname} (${address}) asked for the name ${askedHostname}, which another node has`);
  return notes;
}

/** "0.5/2", or "0.5/-" without a limit. */
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
