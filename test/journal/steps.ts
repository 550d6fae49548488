// The small steps that tests of journals are made of: fill one, snapshot it, read it back, and use up a full disk.

import { expect } from "bun:test";
import { type Journal, JournalUnavailable } from "../../src/journal/journal.ts";
import { batches, sampleBatch } from "./sample.ts";

export function fill(journal: Journal, first: number, last: number): void {
  for (const batch of batches(first, last)) journal.append(batch);
}

/** A full disk has room left in what the journal already holds; this uses it up. */
export function appendUntilRefused(journal: Journal): number {
  for (let tries = 0; tries < 10_000; tries++) {
    const revision = journal.lastRevision() + 1;
    try {
      journal.append(sampleBatch(revision));
    } catch (error) {
      expect(error).toBeInstanceOf(JournalUnavailable);
      return revision - 1;
    }
  }
  throw new Error("10,000 appends, and none was refused");
}

export function snapshot(journal: Journal, revision: number, chunks: readonly string[]): void {
  const writer = journal.beginSnapshot(revision);
  for (const chunk of chunks) writer.write(chunk);
  writer.commit();
}

export function read(journal: Journal): { revision: number; chunks: string[] } | null {
  const found = journal.readSnapshot();
  return found && { revision: found.revision, chunks: [...found.chunks] };
}

export function revisions(journal: Journal): number[] {
  return [...journal.readBatches(0)].map(({ revision }) => revision);
}
