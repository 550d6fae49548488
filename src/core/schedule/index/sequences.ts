// The sequences that searches use. Each is built by the first search that needs it, updated by the next one, and dropped
// when others were used more recently. A placement only notes which node has changed.

import type { NodeInfo } from "./node-info.ts";
import { Sequence, type SequenceRules } from "./sequence.ts";

interface Kept {
  sequence: Sequence;
  /** The number of notes that the sequence has been updated by. */
  read: number;
  usedAt: number;
}

/** Entries of all sequences together, as a multiple of the number of nodes. An entry needs some 100 bytes. */
const entriesPerNode = 4;

export class Sequences {
  /** By kind (the same nodes and scores, if they have no particular requirements), then by particular requirements. */
  readonly #kept = new Map<string, Map<string, Kept>>();
  /** Nodes that have changed, oldest first. A sequence that has not read the ones dropped meanwhile is built again. */
  #notes: NodeInfo[] = [];
  #notesDropped = 0;
  #uses = 0;
  readonly #bounds: { sequencesKept: number; notesKept: number };

  constructor(bounds: { sequencesKept: number; notesKept: number }) {
    this.#bounds = bounds;
  }

  /** `count`: the number of nodes in the cluster. */
  note(node: NodeInfo, count: number): void {
    node.lastNote = this.#notesDropped + this.#notes.push(node) - 1;
    if (this.#notes.length < 2 * Math.max(this.#bounds.notesKept, count)) return;
    const half = this.#notes.length >>> 1;
    this.#notes = this.#notes.slice(half);
    this.#notesDropped += half;
  }

  /** The sequence, updated; null if it is not kept. */
  get(kind: string, key: string): Sequence | null {
    const ofKind = this.#kept.get(kind);
    const kept = ofKind?.get(key);
    if (!kept) return null;
    if (kept.read < this.#notesDropped) {
      ofKind!.delete(key);
      return null;
    }
    const end = this.#notesDropped + this.#notes.length;
    for (let number = kept.read; number < end; number++) {
      const node = this.#notes[number - this.#notesDropped]!;
      if (node.lastNote === number) kept.sequence.update(node);
    }
    kept.read = end;
    kept.usedAt = ++this.#uses;
    return kept.sequence;
  }

  /** `nodes` in the order of nodes; `count`: the number of nodes in the cluster. */
  build(kind: string, key: string, nodes: readonly NodeInfo[], count: number, rules: SequenceRules): Sequence {
    const sequence = new Sequence(nodes, rules);
    const kept = { sequence, read: this.#notesDropped + this.#notes.length, usedAt: ++this.#uses };
    const ofKind = this.#kept.get(kind);
    if (ofKind) ofKind.set(key, kept);
    else this.#kept.set(kind, new Map([[key, kept]]));
    this.#evict(count);
    return sequence;
  }

  clear(): void {
    this.#kept.clear();
    this.#notes = [];
    this.#notesDropped = 0;
  }

  /** Drops the sequences that were used longest ago, until the rest is within bounds. The newest always stays. */
  #evict(count: number): void {
    const all = [...this.#kept.values()]
      .flatMap((ofKind) => [...ofKind].map(([key, kept]) => ({ ofKind, key, kept })))
      .sort((left, right) => right.kept.usedAt - left.kept.usedAt);
    const most = entriesPerNode * count;
    let entries = 0;
    all.forEach(({ ofKind, key, kept }, rank) => {
      entries += kept.sequence.size;
      if (rank >= this.#bounds.sequencesKept || (rank > 0 && entries > most)) ofKind.delete(key);
    });
  }
}
