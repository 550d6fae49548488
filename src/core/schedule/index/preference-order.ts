// The nodes in the order that a template prefers (spread, prefer), so that a search looks at the most preferred ones first and
// ends there. Nodes with equal values of the labels that count are one group; a group is as large as a zone is.

import type { Strategy } from "../../../model/cluster/cluster.ts";
import type { NodeId } from "../../../model/ids.ts";
import type { PlacementRules } from "../../../model/task/spec.ts";
import { valuesOf, weightOf } from "../rules.ts";
import type { SchedulingClass } from "../scheduling-class.ts";
import { bestOf } from "./best.ts";
import type { GroupIndex } from "./group-index.ts";
import type { NodeInfo } from "./node-info.ts";

interface Alike {
  /** For each level of spread, what tells values of the labels up to there apart. */
  values: readonly string[];
  weight: number;
  steady: NodeInfo[];
  damped: NodeInfo[];
}

/** Grouping by other preferences than these is built again: each needs some hundred bytes for each node. */
const groupingsKept = 16;

export class PreferenceOrder {
  readonly #groups: () => GroupIndex;
  readonly #nodeOf: (nodeId: NodeId) => NodeInfo;
  /** By preferences, the least recently built first. */
  readonly #groupings = new Map<string, readonly Alike[]>();

  constructor(groups: () => GroupIndex, nodeOf: (nodeId: NodeId) => NodeInfo) {
    this.#groups = groups;
    this.#nodeOf = nodeOf;
  }

  /** A node has joined or gone, or its record has changed. */
  clear(): void {
    if (this.#groupings.size === 0) return;
    this.#groupings.clear();
    this.#groups().dropValueCounts();
  }

  /** The best node that fits: what a comparison of all by preferences, then by strategy, would find. Damped ones come last. */
  choose(wanted: SchedulingClass, strategy: Strategy, after: number, nodes: readonly NodeInfo[]): NodeInfo | null {
    const alike = this.#grouping(wanted.requirements.rules ?? {}, nodes);
    const { spread = [] } = wanted.requirements.rules ?? {};
    const { group } = wanted.requirements;
    const counts = spread.map((_, depth) => this.#counts(group, spread.slice(0, depth + 1)));
    const ordered = alike.map((one) => ({
      one,
      rank: [...one.values.map((value, at) => counts[at]!.get(value) ?? 0), -one.weight],
    }));
    ordered.sort((left, right) => compare(left.rank, right.rank));
    for (const kind of ["steady", "damped"] as const) {
      for (let from = 0; from < ordered.length; ) {
        let to = from + 1;
        while (to < ordered.length && compare(ordered[from]!.rank, ordered[to]!.rank) === 0) to++;
        const equal = ordered.slice(from, to);
        const candidates = equal.length === 1 ? equal[0]!.one[kind] : equal.flatMap(({ one }) => one[kind]);
        const best = bestOf(candidates, wanted, strategy, after, null);
        if (best) return best;
        from = to;
      }
    }
    return null;
  }

  #counts(group: string | null, labels: readonly string[]): ReadonlyMap<string, number> {
    if (group === null) return none;
    return this.#groups().byValue(group, JSON.stringify(labels), (nodeId) =>
      valuesOf(this.#nodeOf(nodeId).record, labels),
    );
  }

  #grouping({ spread = [], prefer = [] }: PlacementRules, nodes: readonly NodeInfo[]): readonly Alike[] {
    const key = JSON.stringify([spread, prefer]);
    const known = this.#groupings.get(key);
    if (known) return known;
    const alike = new Map<string, Alike>();
    for (const node of nodes) {
      const values = spread.map((_, depth) => valuesOf(node.record, spread.slice(0, depth + 1)));
      const weight = weightOf(node.record, prefer);
      const name = `${weight} ${values.at(-1) ?? ""}`;
      const found = alike.get(name) ?? { values, weight, steady: [], damped: [] };
      found[node.damped ? "damped" : "steady"].push(node);
      alike.set(name, found);
    }
    if (this.#groupings.size >= groupingsKept) this.#groupings.delete(this.#groupings.keys().next().value!);
    const built = [...alike.values()];
    this.#groupings.set(key, built);
    return built;
  }
}

const none: ReadonlyMap<string, number> = new Map();

function compare(left: readonly number[], right: readonly number[]): number {
  for (let at = 0; at < left.length; at++) if (left[at] !== right[at]) return left[at]! - right[at]!;
  return 0;
}
