// A plan as text: a line for each service and record that changes, what comes to each node and leaves it, and the warnings.

import type { Plan, PlannedNode, PlannedService } from "../../model/plan/plan.ts";
import { oneLine, type Style, textWidth } from "./style.ts";
import { formatWait } from "./time.ts";
import { counted, listed } from "./words.ts";
import { wrapAfter } from "./wrap.ts";

/** Also in a pipe: a plan is read by people, and -o json is for programs. */
const widest = 80;
/** A longer name stands for itself. */
const longestName = 24;
const colours = { create: "green", update: "yellow", replace: "yellow", remove: "red", unchanged: "dim" } as const;

export function renderPlan(plan: Plan, style: Style, maxWidth: number | null): string {
  const width = Math.min(widest, maxWidth ?? widest);
  const names = [...plan.services.map(({ name }) => name), ...plan.others.map(titleOf), ...hostnames(plan)];
  const indent = Math.min(longestName, Math.max(0, ...names.map((name) => textWidth(oneLine(name))))) + 2;
  const line = (name: string, text: string) => wrapAfter(oneLine(name).padEnd(indent), oneLine(text), width);
  const records = [
    ...plan.services.map((service) => paintedLine(line(service.name, serviceText(service)), service.action, style)),
    ...plan.others.map((one) => line(titleOf(one), otherText(one))),
  ];
  const consequences = renderConsequences(plan, maxWidth, indent);
  return records.length === 0 ? consequences : `${records.join("")}\n${consequences}`;
}

/** What follows from the changes, without a line for each of them: nodes, warnings and the time. */
export function renderConsequences(plan: Plan, maxWidth: number | null, indent = 0): string {
  const width = Math.min(widest, maxWidth ?? widest);
  const own = Math.min(longestName, Math.max(0, ...hostnames(plan).map((name) => textWidth(oneLine(name))))) + 2;
  const head = (name: string) => oneLine(name).padEnd(Math.max(indent, own));
  const parts = [
    plan.nodes.map((node) => wrapAfter(head(node.hostname), oneLine(nodeText(node)), width)),
    plan.warnings.map((warning) => wrapAfter("warning: ", oneLine(warning), width)),
    [wrapAfter("", summary(plan), width)],
  ];
  return parts
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join(""))
    .join("\n");
}

const hostnames = ({ nodes }: Plan) => nodes.map(({ hostname }) => hostname);

/** Only the action, so that the width stays as it is. */
function paintedLine(line: string, action: PlannedService["action"], style: Style): string {
  return line.replace(new RegExp(`(?<= )${action}\\b`), (word) => style.paint(word, colours[action]));
}

function serviceText(service: PlannedService): string {
  const { action, changes, replicas } = service;
  const facts = [...factsOf(service), endText(service)].filter((fact) => fact !== "").join("; ");
  switch (action) {
    case "unchanged":
      return "unchanged";
    case "remove":
      return `remove, ${counted(replicas.before, "replica")}`;
    case "create":
      return `create, ${counted(replicas.after, "replica")}; ${facts}`;
    case "replace":
      return `replace ${counted(service.stops, "replica")}; ${facts}`;
    case "update": {
      const what = changes.length > 0 ? listed(changes) : "what it was before";
      return facts === "" ? `update ${what}` : `update ${what}; ${facts}`;
    }
  }
}

function factsOf({ action, order, starts, stops, inPlace }: PlannedService): string[] {
  if (action === "create") return [];
  return [
    order === null ? "" : `${order}`,
    starts > 0 ? `${starts} start` : "",
    stops > 0 && action !== "replace" ? `${stops} stop` : "",
    inPlace > 0 ? `${inPlace} change while they run` : "",
  ];
}

function endText({ end, estimatedMs }: PlannedService): string {
  const after = estimatedMs === null ? "" : ` after about ${formatWait(estimatedMs)}`;
  switch (end) {
    case "serves":
      return estimatedMs === 0 ? "" : `serves${after}`;
    case "canary":
      return `waits at its canaries${after}`;
    case "paused":
      return "is paused";
    case "waits":
      return "replicas wait";
    case "failing":
      return "is failing";
    case "unfinished":
      return "not done at the end of the plan";
    case "removed":
      return "";
  }
}

const titleOf = ({ kind, name }: Plan["others"][number]) => `${kind} ${name}`;

function otherText({ change, fields }: Plan["others"][number]): string {
  if (change !== "update" || fields.length === 0) return change;
  return `update ${listed(fields.map(({ field, from, to }) => `${field}: ${from} -> ${to}`))}`;
}

/** "+web.4 -web.2", and "~web.1" for one that is replaced on its node. */
function nodeText({ add, remove, replace }: PlannedNode): string {
  const signed = (sign: string, names: readonly string[]) => names.map((name) => `${sign}${name}`);
  return [...signed("+", add), ...signed("-", remove), ...signed("~", replace)].join(" ");
}

function summary({ hasChanges, until, isComplete, estimatedMs, stepCount }: Plan): string {
  if (!hasChanges) return "nothing to do";
  if (until === "placed" || estimatedMs === null)
    return isComplete ? `${counted(stepCount, "step")}` : `${counted(stepCount, "step")}, then it is not done`;
  return `${counted(stepCount, "step")} in about ${formatWait(estimatedMs)}`;
}
