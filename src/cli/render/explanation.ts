// The explanation of a task as text: the summary, the table of nodes and filters, a sentence for each failed filter, and
// what would help.

import type { Explanation, NodeVerdict } from "../../model/explanation.ts";
import { isFinished } from "../../model/task/reason.ts";
import { containerLine } from "./containers.ts";
import { explanationTable, formatScore } from "./explanation-table.ts";
import { oneLine, type Style } from "./style.ts";
import { wrapAfter } from "./wrap.ts";

/** Nodes on a page, without -o wide. */
const nodesShown = 20;

export function renderExplanation(
  explanation: Explanation,
  style: Style,
  maxWidth: number | null,
  everyNode: boolean,
): string {
  const { smallestChange, nodes } = explanation;
  const ordered = [...nodes].sort(byInterest);
  const shown = everyNode ? ordered : ordered.slice(0, nodesShown);
  const rest = ordered.length - shown.length;
  const parts = [heading(explanation, style, maxWidth)];
  const failure = lastRun(explanation, style, maxWidth);
  if (failure !== "") parts.push(failure);
  const containers = explanation.containers ?? [];
  if (containers.length > 0)
    parts.push(
      `Containers:\n${containers.map((one) => wrapAfter("  ", oneLine(containerLine(one)), maxWidth)).join("")}`,
    );
  if (shown.length > 0) {
    parts.push(explanationTable(shown, style, maxWidth));
    if (rest > 0) parts[parts.length - 1] += `and ${rest} more ${rest === 1 ? "node" : "nodes"}; -o wide shows all\n`;
  }
  const failing = failures(shown, style, maxWidth);
  if (failing !== "") parts.push(failing);
  const placed = shown.filter(({ score }) => score !== null);
  if (placed.length > 0) parts.push(scores(placed, style, maxWidth));
  if (smallestChange !== null) parts.push(wrapAfter("", `What would help: ${oneLine(smallestChange)}`, maxWidth));
  parts.push(wrapAfter("", style.paint(basis(explanation), "dim"), maxWidth));
  return parts.join("\n");
}

/** How the task ended, or what keeps it from starting, before why it was placed. */
function heading(
  { name, taskId, status, reason, summary }: Explanation,
  style: Style,
  maxWidth: number | null,
): string {
  const task = `${style.paint(oneLine(name), "bold")} (${taskId})`;
  const placed = wrapAfter("", oneLine(summary), maxWidth);
  if (!saysMore({ status, reason })) return `${task} is ${status}\n${placed}`;
  const state = isFinished(status) ? status : `is ${status}`;
  return `${wrapAfter("", `${task} ${state}: ${oneLine(reason.message)}`, maxWidth)}${placed}`;
}

/** True when the reason belongs into the first sentence: how it ended, what keeps it from starting, or why it is not ready. */
function saysMore({ status, reason: { code } }: Pick<Explanation, "status" | "reason">): boolean {
  if (status === "scheduled") return code !== "placed";
  return isFinished(status) || code === "not-ready" || code === "unhealthy";
}

/** The end of the log of the last failed run. Masters of older versions do not send it. */
function lastRun({ status, reason, lastFailure }: Explanation, style: Style, maxWidth: number | null): string {
  if (!lastFailure) return "";
  const { finishedAt, exitCode, log } = lastFailure;
  const run = `The run that ended${finishedAt === null ? "" : ` at ${finishedAt}`} with exit code ${exitCode ?? "unknown"}`;
  const wrote = log.length === 0 ? `${run} wrote nothing` : `${run} wrote last:`;
  const lines = log.map((line) => `  ${oneLine(line)}\n`).join("");
  const why =
    saysMore({ status, reason }) && status !== "scheduled" ? "" : wrapAfter("", oneLine(reason.message), maxWidth);
  return `${why}${wrapAfter("", style.paint(wrote, "bold"), maxWidth)}${lines}`;
}

/** Order: the chosen node, nodes that fit by score, nodes that fail the fewest filters. */
function byInterest(left: NodeVerdict, right: NodeVerdict): number {
  if (left.chosen !== right.chosen) return left.chosen ? -1 : 1;
  if (left.fits !== right.fits) return left.fits ? -1 : 1;
  const byScore = (right.score ?? 0) - (left.score ?? 0);
  if (byScore !== 0) return byScore;
  const byFailures = countFailed(left) - countFailed(right);
  if (byFailures !== 0) return byFailures;
  return left.hostname < right.hostname ? -1 : left.hostname > right.hostname ? 1 : 0;
}

function countFailed({ filters }: NodeVerdict): number {
  return filters.filter(({ passed }) => !passed).length;
}

function failures(nodes: readonly NodeVerdict[], style: Style, maxWidth: number | null): string {
  const rows = nodes.flatMap(({ hostname, filters }) =>
    filters.filter(({ passed }) => !passed).map(({ filter, message }) => ({ hostname, filter, message })),
  );
  return aligned(
    rows.map(({ hostname, filter, message }) => [hostname, `${style.no} ${filter}`, message]),
    maxWidth,
  );
}

function scores(nodes: readonly NodeVerdict[], style: Style, maxWidth: number | null): string {
  return aligned(
    nodes.map(({ hostname, score, scoreMessage, chosen }) => [
      hostname,
      `${style.yes} ${formatScore(score)}`,
      `${scoreMessage ?? ""}${chosen ? " (chosen)" : ""}`,
    ]),
    maxWidth,
  );
}

/** Three columns. Sentences are never cut; they continue on the next line. */
function aligned(sentences: readonly (readonly [string, string, string])[], maxWidth: number | null): string {
  const rows = sentences.map(([a, b, c]) => [oneLine(a), oneLine(b), oneLine(c)] as const);
  const first = Math.max(0, ...rows.map(([text]) => text.length));
  const second = Math.max(0, ...rows.map(([, text]) => text.length));
  return rows.map(([a, b, c]) => wrapAfter(`${a.padEnd(first)}  ${b.padEnd(second)}  `, c, maxWidth)).join("");
}

function basis({ basis, revision, strategy, chosenNodeId }: Explanation): string {
  const when = basis === "decision" ? `decided at revision ${revision}` : `state of revision ${revision}`;
  return `Strategy ${strategy}, ${when}${chosenNodeId === null ? "" : "; * marks the chosen node"}`;
}
