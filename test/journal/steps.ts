// The small steps of the tests of journals: append under a lease, fill a journal, snapshot it, read it back, and use up a
// full disk.

import { expect } from "bun:test";
import { type AppendResult, type Journal, JournalUnavailable, type Lease } from "../../src/journal/journal.ts";
import type { Batch } from "../../src/model/change.ts";
import { batches, sampleBatch } from "./sample.ts";

const leases = new WeakMap<Journal, Promise<Lease>>();

/** Appends under a lease that the journal's first append of this kind has acquired. */
export async function tryAppend(journal: Journal, batch: Batch): Promise<AppendResult> {
  const lease = leases.get(journal) ?? journal.acquire("test");
  leases.set(journal, lease);
  return journal.append(batch, await lease);
}

/** The same where the batch must be durable afterwards. */
export async function append(journal: Journal, batch: Batch): Promise<void> {
  expect(await tryAppend(journal, batch)).toBe("appended");
}

export async function fill(journal: Journal, first: number, last: number): Promise<void> {
  for (const batch of batches(first, last)) await append(journal, batch);
}

/** A full disk has space left in what the journal already holds; this uses it up. */
export async function appendUntilRefused(journal: Journal): Promise<number> {
  for (let tries = 0; tries < 10_000; tries++) {
    const revision = journal.lastRevision() + 1;
    try {
      await append(journal, sampleBatch(revision));
    } catch (error) {
      expect(error).toBeInstanceOf(JournalUnavailable);
      return revision - 1;
    }
  }
  throw new Error("10,000 appends, and none was refused");
}

export async function snapshot(journal: Journal, revision: number, chunks: readonly string[]): Promise<void> {
  const writer = await journal.beginSnapshot(revision);
  for (const chunk of chunks) await writer.write(chunk);
  await writer.commit();
}

export async function read(journal: Journal, atMost?: number): Promise<{ revision: number; chunks: string[] } | null> {
  const found = await journal.readSnapshot(atMost);
  return found && { revision: found.revision, chunks: await all(found.chunks) };
}

export function batchesAfter(journal: Journal, after: number): Promise<Batch[]> {
  return all(journal.readBatches(after));
}

export async function revisions(journal: Journal): Promise<number[]> {
  return (await batchesAfter(journal, 0)).map(({ revision }) => revision);
}

export async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}
