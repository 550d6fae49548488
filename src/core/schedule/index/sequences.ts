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
  readonly #kept = new Map<string, Kept>();
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
    this.#notes.push(node);
    if (this.#notes.length < 2 * Math.max(this.#bounds.notesKept, count)) return;
    const half = this.#notes.length >>> 1;
    this.#notes = this.#notes.slice(half);
    this.#notesDropped += half;
  }

  /** The sequence, updated; null if it is not kept. */
  get(key: string): Sequence | null {
    const kept = this.#kept.get(key);
    if (!kept) return null;
    if (kept.read < this.#notesDropped) {
      this.#kept.delete(key);
      return null;
    }
    const notes = this.#notes;
    for (let i = kept.read - this.#notesDropped; i < notes.length; i++) kept.sequence.update(notes[i]!);
    kept.read = this.#notesDropped + notes.length;
    kept.usedAt = ++this.#uses;
    return kept.sequence;
  }

  /** `nodes` in the order of nodes; `count`: the number of nodes in the cluster. */
  build(key: string, nodes: readonly NodeInfo[], count: number, rules: SequenceRules): Sequence {
    const sequence = new Sequence(nodes, rules);
    const kept = { sequence, read: this.#notesDropped + this.#notes.length, usedAt: ++this.#uses };
    this.#kept.set(key, kept);
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
    const all = [...this.#kept].sort(([, left], [, right]) => right.usedAt - left.usedAt);
    const most = entriesPerNode * count;
    let entries = 0;
    all.forEach(([key, { sequence }], rank) => {
      entries += sequence.size;
      if (rank >= this.#bounds.sequencesKept || (rank > 0 && entries > most)) this.#kept.delete(key);
    });
  }
}
