// The sequences that searches need, each built when first asked for, brought up to date when asked again, and dropped
// when others are asked for more. A placement only notes which slot has changed: nobody pays for what nobody asks.

import type { NodeInfo } from "./node-info.ts";
import { Sequence, type SequenceRules } from "./sequence.ts";

interface Kept {
  sequence: Sequence;
  /** How much of the notes it has read. */
  read: number;
  usedAt: number;
}

/** Entries of all sequences together, in multiples of the nodes: at some 100 bytes each. */
const entriesPerNode = 4;

export class Sequences {
  readonly #kept = new Map<string, Kept>();
  /** Slots that have changed, oldest first. A sequence that has read less than what is left of them is built anew. */
  #notes: NodeInfo[] = [];
  #notesDropped = 0;
  #uses = 0;
  readonly #bounds: { sequencesKept: number; notesKept: number };

  constructor(bounds: { sequencesKept: number; notesKept: number }) {
    this.#bounds = bounds;
  }

  note(slot: NodeInfo, nodes: number): void {
    this.#notes.push(slot);
    if (this.#notes.length < 2 * Math.max(this.#bounds.notesKept, nodes)) return;
    const half = this.#notes.length >>> 1;
    this.#notes = this.#notes.slice(half);
    this.#notesDropped += half;
  }

  /** Up to date; null where it is not kept. */
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

  /** `slots` in the order of nodes; `nodes`: how many the cluster has. */
  build(key: string, slots: readonly NodeInfo[], nodes: number, rules: SequenceRules): Sequence {
    const sequence = new Sequence(slots, rules);
    const kept = { sequence, read: this.#notesDropped + this.#notes.length, usedAt: ++this.#uses };
    this.#kept.set(key, kept);
    this.#makeRoom(nodes);
    return sequence;
  }

  clear(): void {
    this.#kept.clear();
    this.#notes = [];
    this.#notesDropped = 0;
  }

  /** Drops what was used longest ago, until the rest is within bounds; the newest always stays. */
  #makeRoom(nodes: number): void {
    const all = [...this.#kept].sort(([, left], [, right]) => right.usedAt - left.usedAt);
    const most = entriesPerNode * nodes;
    let entries = 0;
    all.forEach(([key, { sequence }], rank) => {
      entries += sequence.size;
      if (rank >= this.#bounds.sequencesKept || (rank > 0 && entries > most)) this.#kept.delete(key);
    });
  }
}
