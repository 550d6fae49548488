// The outcome of commands in a form that can be compared: which records change in what the user asked for. Without ids, times
// and progress, so that the same request has the same outcome although other things have happened in between.

import { compareTexts } from "../../../lib/compare-texts.ts";
import { fieldDifferences } from "../../../lib/field-differences.ts";
import { fingerprint } from "../../../lib/fingerprint.ts";
import { type App, type AppRevision, appRevisionId } from "../../../model/app/app.ts";
import type { ContentKind } from "../../../model/config/config.ts";
import { type AnyKind, type KindName, kinds } from "../../../model/kinds/kinds.ts";
import { limits } from "../../../model/limits.ts";
import type { OutcomeField, OutcomePlacement, OutcomeRecord, PlanOutcome } from "../../../model/plan/plan.ts";
import { type Revision, revisionId, type Service } from "../../../model/service/service.ts";
import type { Task } from "../../../model/task/task.ts";
import type { ClusterState } from "../../state/cluster-state.ts";
import type { Delta } from "../../state/delta.ts";
import { statedFields } from "./stated-fields.ts";

/** What a command made of records. `state`: after the command, and before anything else. */
export function recordsOf(state: ClusterState, deltas: readonly Delta[]): OutcomeRecord[] {
  return new Fold(state, deltas).records();
}

/** Without placements. */
export function outcomeOf(records: readonly OutcomeRecord[]): PlanOutcome {
  const sorted = [...records].sort(byKindAndName).slice(0, limits.outcomeRecords);
  const digest = fingerprint(JSON.stringify(sorted));
  return { digest, records: sorted };
}

/** Tasks that get a node, by name. `isCounted`: which of them. */
export function placementsOf(
  state: Pick<ClusterState, "nodes">,
  deltas: Iterable<{ kind: KindName; before: object | null; after: object | null }>,
  isCounted: (task: Task) => boolean,
): OutcomePlacement[] {
  const found: OutcomePlacement[] = [];
  for (const { kind, before, after } of deltas) {
    if (kind !== "task" || after === null || (before as Task | null)?.placement) continue;
    const task = after as Task;
    if (task.placement === null || !isCounted(task)) continue;
    const { nodeId } = task.placement;
    found.push({ task: task.name, node: state.nodes.get(nodeId)?.hostname ?? nodeId });
  }
  found.sort((left, right) => compareTexts(left.task, right.task) || compareTexts(left.node, right.node));
  return found.slice(0, limits.outcomePlacements);
}

/** The services that an outcome is about, by name. */
export function servicesIn({ records }: Pick<PlanOutcome, "records">): Set<string> {
  return new Set(records.filter(({ kind }) => kind === "service").map(({ name }) => name));
}

/** True for a task whose placement belongs to the outcome: all of them if the outcome changes a node. */
export function countedIn(outcome: Pick<PlanOutcome, "records">): (task: Task) => boolean {
  if (outcome.records.some(({ kind }) => kind === "node")) return () => true;
  const services = servicesIn(outcome);
  const tasks = new Set(outcome.records.filter(({ kind }) => kind === "task").map(({ name }) => name));
  return ({ name, owner }) =>
    owner?.kind === "service" ? services.has(name.slice(0, name.lastIndexOf("."))) : tasks.has(name);
}

function byKindAndName(left: OutcomeRecord, right: OutcomeRecord): number {
  return compareTexts(left.kind, right.kind) || compareTexts(left.name, right.name);
}

/** Of a config or a secret. */
type Version = { name: string; version: number; by: string };

interface Touched {
  before: object | null;
  after: object | null;
}

/** The records that a command touched, as they were before and are after all of it. */
class Fold {
  readonly #state: ClusterState;
  readonly #touched = new Map<KindName, Map<string, Touched>>();

  constructor(state: ClusterState, deltas: readonly Delta[]) {
    this.#state = state;
    for (const { kind, before, after } of deltas) {
      let touched = this.#touched.get(kind);
      if (!touched) {
        touched = new Map();
        this.#touched.set(kind, touched);
      }
      const id = (kinds[kind] as AnyKind).idOf((after ?? before)!);
      touched.set(id, { before: touched.has(id) ? touched.get(id)!.before : before, after });
    }
  }

  records(): OutcomeRecord[] {
    const found: OutcomeRecord[] = [];
    for (const [kind, touched] of this.#touched) {
      if (kind === "cluster" || kind === "revision" || kind === "appRevision") continue;
      if (kind === "config" || kind === "secret") found.push(...this.#contents(kind, touched));
      else if (kind === "task") found.push(...this.#tasks(touched));
      else for (const { before, after } of touched.values()) found.push(...this.#record(kind, before, after));
    }
    return found.sort(byKindAndName);
  }

  #record(kind: KindName, before: object | null, after: object | null): OutcomeRecord[] {
    if (before === null && after === null) return [];
    const { name, hostname } = (after ?? before) as { name?: string; hostname?: string };
    const id = (kinds[kind] as AnyKind).idOf((after ?? before)!);
    const stated = (record: object | null) => (record === null ? {} : this.#stated(kind, record));
    const fields = after === null ? [] : fieldsOf(stated(before), stated(after));
    if (before !== null && after !== null && fields.length === 0) return [];
    const change = before === null ? "create" : after === null ? "remove" : "update";
    return [{ kind, name: name ?? hostname ?? id, change, ...this.#revisionBefore(kind, before), fields }];
  }

  #stated(kind: KindName, record: object): object {
    if (kind !== "service") return statedFields(kind, record);
    const service = record as Service;
    return statedFields(kind, service, this.#revision(service));
  }

  /** The wanted one. It never changes, but may be gone by now. */
  #revision({ serviceId, target }: Service): Revision | undefined {
    const id = revisionId(serviceId, target);
    return this.#state.tables.revision.get(id) ?? (this.#touched.get("revision")?.get(id)?.before as Revision);
  }

  #revisionBefore(kind: KindName, before: object | null): Pick<OutcomeRecord, "revision" | "by"> {
    if (before === null) return { revision: null, by: "" };
    if (kind === "service") {
      const service = before as Service;
      return { revision: service.target, by: this.#revision(service)?.by ?? "" };
    }
    if (kind !== "app") return { revision: null, by: "" };
    const { name, revision } = before as App;
    const id = appRevisionId(name, revision);
    const gone = this.#touched.get("appRevision")?.get(id)?.before as AppRevision | null | undefined;
    return { revision, by: (this.#state.tables.appRevision.get(id) ?? gone)?.by ?? "" };
  }

  /** A record is one version: what counts is the newest one of each name. */
  #contents(kind: ContentKind, touched: ReadonlyMap<string, Touched>): OutcomeRecord[] {
    const all = [...touched.values()] as { before: Version | null; after: Version | null }[];
    const names = new Set(all.map(({ before, after }) => (after ?? before)!.name));
    return [...names].flatMap((name): OutcomeRecord[] => {
      const of = all.filter(({ before, after }) => (after ?? before)!.name === name);
      const added = of.flatMap(({ before, after }) => (before === null && after !== null ? [after.version] : []));
      const versions = this.#state.versionsOf(kind, name);
      const kept = versions.filter((version) => !added.includes(version)).at(-1);
      const gone = of.flatMap(({ before, after }) => (before !== null && after === null ? [before] : []));
      // Versions that are gone are older than those that are kept.
      const newest =
        kept === undefined
          ? (gone.sort((left, right) => right.version - left.version)[0] ?? null)
          : (this.#state.record(kind, `${name}.${kept}` as never) as Version);
      if (added.length === 0 && versions.length > 0) return [];
      const change = added.length === 0 ? "remove" : newest === null ? "create" : "update";
      const from = newest === null ? "none" : `version ${newest.version}`;
      const fields = added.length > 0 ? [{ field: "content", from, to: "another version" }] : [];
      return [{ kind, name, change, revision: newest?.version ?? null, by: newest?.by ?? "", fields }];
    });
  }

  /** Tasks of services and jobs follow from these; what becomes of a task by itself is its end or its start. */
  #tasks(touched: ReadonlyMap<string, Touched>): OutcomeRecord[] {
    const found: OutcomeRecord[] = [];
    for (const { before, after } of touched.values() as Iterable<{ before: Task | null; after: Task | null }>) {
      const task = (after ?? before)!;
      if (task.owner !== null) continue;
      const isEnding = before?.desired === "running" && after?.desired === "stopped";
      if (before === null || after === null) found.push(...this.#record("task", before, after));
      else if (isEnding)
        found.push({ kind: "task", name: task.name, change: "remove", revision: null, by: "", fields: [] });
    }
    return found;
  }
}

function fieldsOf(before: object, after: object): OutcomeField[] {
  return fieldDifferences(before, after)
    .map((one) => ({ field: one.path.slice(0, 4096), from: textOf(one.before), to: textOf(one.after) }))
    .slice(0, limits.outcomeFields);
}

function textOf(value: unknown): string {
  if (value === undefined || value === null || value === "") return "none";
  const text = typeof value === "string" ? value : JSON.stringify(value);
  if (text.length <= limits.outcomeTextLength / 2) return text;
  return `${text.slice(0, limits.outcomeTextLength / 2)}... (${fingerprint(text)})`;
}
