// How the outcome of a command differs from the one that was expected, as sentences.

import type { OutcomeField, OutcomeRecord, PlanOutcome } from "../../../model/plan/plan.ts";

const most = 50;

/** Empty: they are the same. Placements are compared if `expected` has some. */
export function diffOutcomes(expected: PlanOutcome, now: PlanOutcome): string[] {
  const found = [...diffRecords(expected, now), ...diffPlacements(expected, now)];
  return found.length <= most ? found : [...found.slice(0, most), `and ${found.length - most} more differences`];
}

function diffRecords(expected: PlanOutcome, now: PlanOutcome): string[] {
  const before = new Map(expected.records.map((record) => [keyOf(record), record]));
  const after = new Map(now.records.map((record) => [keyOf(record), record]));
  const keys = [...new Set([...before.keys(), ...after.keys()])].sort();
  return keys.flatMap((key) => diffRecord(before.get(key), after.get(key)));
}

const keyOf = ({ kind, name }: OutcomeRecord) => `${kind} ${name}`;

const done = { create: "created", update: "changed", remove: "removed" } as const;

function diffRecord(expected: OutcomeRecord | undefined, now: OutcomeRecord | undefined): string[] {
  if (expected === undefined && now)
    return [`${keyOf(now)} would be ${done[now.change]} too, which the plan does not say`];
  if (expected && now === undefined)
    return [`${keyOf(expected)} would not be ${done[expected.change]}: it is so already`];
  if (!expected || !now) return [];
  const key = keyOf(now);
  if (expected.change !== now.change)
    return [`${key} would be ${done[now.change]} now, and ${done[expected.change]} in the plan`];
  const found: string[] = [];
  if (expected.revision !== now.revision) {
    const by = now.by === "" ? "" : `, made by ${now.by}`;
    const what = now.kind === "service" || now.kind === "app" ? "revision" : "version";
    found.push(
      `${key} is at ${what} ${now.revision ?? "none"} now${by}; the plan is for ${expected.revision ?? "none"}`,
    );
  }
  return [...found, ...diffFields(key, expected.fields, now.fields)];
}

function diffFields(key: string, expected: readonly OutcomeField[], now: readonly OutcomeField[]): string[] {
  const before = new Map(expected.map((one) => [one.field, one]));
  const after = new Map(now.map((one) => [one.field, one]));
  const names = [...new Set([...before.keys(), ...after.keys()])];
  return names.flatMap((name) => {
    const [one, other] = [before.get(name), after.get(name)];
    const field = name.replace(/^template\./, "");
    if (!one) return [`${key}: ${field} would change from ${other!.from} to ${other!.to} too`];
    if (!other) return [`${key}: ${field} would not change to ${one.to}: it is so already`];
    if (one.from === other.from && one.to === other.to) return [];
    return [
      `${key}: ${field} would change from ${other.from} to ${other.to}, in the plan from ${one.from} to ${one.to}`,
    ];
  });
}

function diffPlacements(expected: PlanOutcome, now: PlanOutcome): string[] {
  if (!expected.placements) return [];
  const [before, after] = [nodesOf(expected), nodesOf(now)];
  const tasks = [...new Set([...before.keys(), ...after.keys()])].sort();
  return tasks.flatMap((task) => {
    const [one, other] = [before.get(task), after.get(task)];
    if (one === other) return [];
    if (one === undefined) return [`${task} would get a node at once, ${other}, which the plan does not say`];
    if (other === undefined) return [`${task} would get no node at once; in the plan it goes to ${one}`];
    return [`${task} would go to ${other} now, and to ${one} in the plan`];
  });
}

/** Several tasks of one name in one text. */
function nodesOf({ placements = [] }: PlanOutcome): Map<string, string> {
  const by = new Map<string, string>();
  for (const { task, node } of placements) by.set(task, by.has(task) ? `${by.get(task)} and ${node}` : node);
  return by;
}
