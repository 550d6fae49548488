// What every journal promises of a replacement: a state that replaces all that the journal holds, in one step. Part of
// journal.contract.ts.

import { expect, test } from "bun:test";
import { type Journal, JournalUnavailable } from "../../src/journal/journal.ts";
import { InvariantError } from "../../src/lib/assert.ts";
import { batches, range, sampleBatch } from "./sample.ts";
import { append, appendUntilRefused, batchesAfter, fill, read, revisions, snapshot } from "./steps.ts";
import type { JournalSubject, Works } from "./subject.ts";

/** Of everything that the journal held before, only the revision is left. */
async function expectReplaced(journal: Journal, revision: number, chunks: string[]): Promise<void> {
  expect([journal.lastRevision(), journal.firstReadableRevision()]).toEqual([revision, revision]);
  expect(await read(journal)).toEqual({ revision, chunks });
  expect(await journal.readSnapshot(revision - 1)).toBeNull();
  expect(await revisions(journal)).toEqual([]);
}

async function replace(journal: Journal, revision: number, chunks: readonly string[]): Promise<void> {
  const writer = await journal.beginReplacement();
  for (const chunk of chunks) await writer.write(chunk);
  await writer.commit(revision);
}

export function replacementContract({ create }: JournalSubject): void {
  test("replaces batches and snapshots; appends follow it", async () => {
    const journal = create();
    await fill(journal, 1, 30);
    await snapshot(journal, 10, ["at 10"]);
    await snapshot(journal, 20, ["at 20"]);
    await replace(journal, 1000, ["restored", "whole"]);
    await expectReplaced(journal, 1000, ["restored", "whole"]);
    await expect(append(journal, sampleBatch(31))).rejects.toThrow(InvariantError);
    await fill(journal, 1001, 1100);
    expect(await batchesAfter(journal, 0)).toEqual(batches(1001, 1100));
    expect(await read(journal)).toEqual({ revision: 1000, chunks: ["restored", "whole"] });
  });

  test("has no effect before its commit, and appends work meanwhile", async () => {
    const journal = create();
    await fill(journal, 1, 10);
    await snapshot(journal, 5, ["five"]);
    const writer = await journal.beginReplacement();
    for (const revision of range(11, 20)) {
      await writer.write(`chunk ${revision}`);
      await append(journal, sampleBatch(revision));
    }
    expect(await read(journal)).toEqual({ revision: 5, chunks: ["five"] });
    expect(await revisions(journal)).toEqual(range(1, 20));
    await writer.commit(21);
    await expectReplaced(
      journal,
      21,
      range(11, 20).map((revision) => `chunk ${revision}`),
    );
  });

  test("an aborted replacement leaves no trace, and another can begin", async () => {
    const journal = create();
    await fill(journal, 1, 5);
    const writer = await journal.beginReplacement();
    await writer.write("lost");
    await writer.abort();
    await expect(writer.commit(9)).rejects.toThrow(InvariantError);
    expect(await revisions(journal)).toEqual(range(1, 5));
    await replace(journal, 9, ["kept"]);
    await expectReplaced(journal, 9, ["kept"]);
  });

  test("no revision is given twice", async () => {
    const journal = create();
    await fill(journal, 1, 10);
    for (const revision of [1, 10]) {
      await expect(replace(journal, revision, ["again"])).rejects.toThrow(InvariantError);
      expect(await revisions(journal)).toEqual(range(1, 10));
    }
    await replace(journal, 11, ["next"]);
    await expectReplaced(journal, 11, ["next"]);
  });

  test("a replacement and a snapshot are not written at the same time", async () => {
    const journal = create();
    await fill(journal, 1, 5);
    const writer = await journal.beginReplacement();
    await expect(journal.beginSnapshot(5)).rejects.toThrow(InvariantError);
    await expect(journal.beginReplacement()).rejects.toThrow(InvariantError);
    await writer.abort();
    const snapshotting = await journal.beginSnapshot(5);
    await expect(journal.beginReplacement()).rejects.toThrow(InvariantError);
    await snapshotting.abort();
  });
}

export function afterReplacementContract({ create }: JournalSubject): void {
  test("another can follow, on a journal that was empty before", async () => {
    const journal = create();
    await replace(journal, 500, ["first"]);
    await expectReplaced(journal, 500, ["first"]);
    await fill(journal, 501, 503);
    await replace(journal, 504, []);
    await expectReplaced(journal, 504, []);
    await replace(journal, 1_700_000_000_000, ["third"]);
    await fill(journal, 1_700_000_000_001, 1_700_000_000_003);
    expect(await revisions(journal)).toEqual(range(1_700_000_000_001, 1_700_000_000_003));
  });

  test("a snapshot and a truncation follow, and the size stays bounded", async () => {
    const journal = create();
    const sizes: number[] = [];
    for (let round = 1; round <= 10; round++) {
      await fill(journal, journal.lastRevision() + 1, journal.lastRevision() + 60);
      await replace(journal, journal.lastRevision() + 5_000, ["x".repeat(100_000), "y".repeat(100_000)]);
      const restored = journal.lastRevision();
      await fill(journal, restored + 1, restored + 40);
      await snapshot(journal, restored + 20, ["z"]);
      await journal.truncate(restored + 20);
      expect(await revisions(journal)).toEqual(range(restored + 21, restored + 40));
      sizes.push(journal.sizeBytes());
    }
    expect(Math.max(...sizes.slice(5))).toBeLessThanOrEqual(1.25 * Math.max(...sizes.slice(0, 5)));
  }, 60_000);

  test("a reader continues with what is there after the replacement", async () => {
    const journal = create();
    await fill(journal, 1, 400);
    const seen: number[] = [];
    for await (const { revision } of journal.readBatches(0)) {
      seen.push(revision);
      if (revision !== 10) continue;
      await replace(journal, 1000, ["restored"]);
      // Enough that no older row is left in a file.
      await fill(journal, 1001, 1100);
    }
    expect(seen).toEqual([...range(1, 10), ...range(1001, 1100)]);
  });
}

export function replacementRefusalContract({ createBreakable }: JournalSubject, works: Works): void {
  works("a full disk refuses it without a change, and it works later", async () => {
    const { journal, breakWrites, fixWrites } = createBreakable();
    await fill(journal, 1, 3);
    await snapshot(journal, 2, ["two"]);
    breakWrites();
    const last = await appendUntilRefused(journal);
    await expect(replace(journal, 9_000, ["x".repeat(300_000), "y"])).rejects.toThrow(JournalUnavailable);
    expect(journal.lastRevision()).toBe(last);
    expect(await revisions(journal)).toEqual(range(1, last));
    expect(await read(journal)).toEqual({ revision: 2, chunks: ["two"] });
    fixWrites();
    await replace(journal, 9_001, ["restored"]);
    await expectReplaced(journal, 9_001, ["restored"]);
  });
}

export function replacementRestartContract({ create, reopen }: JournalSubject, works: Works): void {
  works("a committed replacement is there after a restart", async () => {
    const before = create();
    await fill(before, 1, 50);
    await snapshot(before, 20, ["at 20"]);
    await replace(before, 1_000, ["restored", "whole"]);
    await before.close();
    const after = reopen(before);
    await expectReplaced(after, 1_000, ["restored", "whole"]);
    await fill(after, 1_001, 1_030);
    await after.close();
    const again = reopen(after);
    expect(await revisions(again)).toEqual(range(1_001, 1_030));
    expect(await read(again)).toEqual({ revision: 1_000, chunks: ["restored", "whole"] });
  });

  works("a replacement that was not committed is gone", async () => {
    const before = create();
    await fill(before, 1, 5);
    await snapshot(before, 3, ["three"]);
    await (await before.beginReplacement()).write("never committed");
    await before.close();
    const after = reopen(before);
    expect(await read(after)).toEqual({ revision: 3, chunks: ["three"] });
    expect(await revisions(after)).toEqual(range(1, 5));
    await replace(after, 6, ["whole"]);
    await fill(after, 7, 30);
    expect(await read(after)).toEqual({ revision: 6, chunks: ["whole"] });
  });
}
