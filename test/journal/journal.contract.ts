// What every journal promises, run against each adapter. An adapter declares what it cannot promise, with the reason.

import { afterEach, describe, expect, test } from "bun:test";
import { JournalUnavailable } from "../../src/journal/journal.ts";
import { InvariantError } from "../../src/lib/assert.ts";
import { encodeBatch } from "../../src/model/batch-text.ts";
import { retentionContract, timeContract } from "./history.contract.ts";
import { leaseContract, lostContract, unknownContract } from "./lease.contract.ts";
import {
  afterReplacementContract,
  replacementContract,
  replacementRefusalContract,
  replacementRestartContract,
} from "./replacement.contract.ts";
import { batches, range, sampleBatch } from "./sample.ts";
import { append, appendUntilRefused, batchesAfter, fill, read, revisions, snapshot } from "./steps.ts";
import { gapped, type JournalSubject } from "./subject.ts";

export function journalContract(subject: JournalSubject): void {
  describe(`journal contract: ${subject.name}`, () => {
    afterEach(() => subject.cleanUp());
    describe("log", () => logContract(subject));
    describe("log, at its ends", () => logEdgesContract(subject));
    describe("leases", () => leaseContract(subject));
    describe("an append that is unknown", () => unknownContract(subject, test));
    describe("an append that is unknown or lost", () => lostContract(subject, gapped(subject.gaps.lost)));
    describe("time", () => timeContract(subject));
    describe("retention", () => retentionContract(subject));
    describe("writing snapshots", () => snapshotWritingContract(subject));
    describe("reading snapshots", () => snapshotReadingContract(subject));
    describe("truncation", () => truncationContract(subject));
    describe("replacement", () => replacementContract(subject));
    describe("after a replacement", () => afterReplacementContract(subject));
    describe("replacement on a disk that refuses", () => {
      replacementRefusalContract(subject, gapped(subject.gaps.breakable));
    });
    describe("a disk that refuses", () => refusalContract(subject));
    describe("after a restart", () => restartContract(subject));
    describe("replaced, and restarted", () => replacementRestartContract(subject, gapped(subject.gaps.durable)));
  });
}

function logContract({ create }: JournalSubject): void {
  test("an empty journal is at revision 0 and has nothing to read", async () => {
    const journal = create();
    expect(journal.lastRevision()).toBe(0);
    expect(journal.firstReadableRevision()).toBe(0);
    expect(await journal.readSnapshot()).toBeNull();
    expect(await batchesAfter(journal, 0)).toEqual([]);
  });

  test("gives back what was appended, in order, from any revision", async () => {
    const journal = create();
    // Over several pages of any adapter's reading.
    await fill(journal, 1, 300);
    expect(journal.lastRevision()).toBe(300);
    expect(await batchesAfter(journal, 0)).toEqual(batches(1, 300));
    for (const after of [1, 63, 64, 128, 299, 300, 999])
      expect((await batchesAfter(journal, after)).map(({ revision }) => revision)).toEqual(
        batches(after + 1, 300).map(({ revision }) => revision),
      );
  });

  test("counts the bytes that were appended", async () => {
    const journal = create();
    expect(journal.appendedBytes()).toBe(0);
    await fill(journal, 1, 20);
    expect(journal.appendedBytes()).toBe(batches(1, 20).reduce((sum, batch) => sum + encodeBatch(batch).length, 0));
  });

  test("keeps every character, and a batch of several megabytes", async () => {
    const journal = create();
    const odd = { ...sampleBatch(1), cause: 'null \u0000, quote ", line \n\u2028, half a pair \ud83d, whole 🦭' };
    const large = sampleBatch(2, 10_000);
    await append(journal, odd);
    await append(journal, large);
    expect(await batchesAfter(journal, 0)).toEqual([odd, large]);
  });

  test("what was appended does not change with the object", async () => {
    const journal = create();
    const batch = sampleBatch(1);
    await append(journal, batch);
    batch.changes.length = 0;
    expect(await batchesAfter(journal, 0)).toEqual([sampleBatch(1)]);
  });

  test("takes the next revision and no other", async () => {
    const journal = create();
    await expect(append(journal, sampleBatch(2))).rejects.toThrow(InvariantError);
    await fill(journal, 1, 2);
    await expect(append(journal, sampleBatch(2))).rejects.toThrow(InvariantError);
    await expect(append(journal, sampleBatch(4))).rejects.toThrow(InvariantError);
    expect(await revisions(journal)).toEqual([1, 2]);
  });

  test("a reader sees what is appended while it reads", async () => {
    const journal = create();
    await fill(journal, 1, 100);
    const read: number[] = [];
    for await (const { revision } of journal.readBatches(0)) {
      read.push(revision);
      if (revision === 50 || revision === 100)
        await fill(journal, journal.lastRevision() + 1, journal.lastRevision() + 25);
    }
    expect(read).toEqual(range(1, 150));
  });
}

function logEdgesContract({ create }: JournalSubject): void {
  test("grows in size with what it holds", async () => {
    const journal = create();
    const before = journal.sizeBytes();
    await fill(journal, 1, 300);
    expect(journal.sizeBytes()).toBeGreaterThan(before);
  });

  test("a closed journal refuses every call, and can be closed again", async () => {
    const journal = create();
    await fill(journal, 1, 1);
    await journal.close();
    await journal.close();
    await expect(append(journal, sampleBatch(2))).rejects.toThrow(InvariantError);
    await expect(batchesAfter(journal, 0)).rejects.toThrow(InvariantError);
    await expect(journal.readSnapshot()).rejects.toThrow(InvariantError);
  });
}

function snapshotWritingContract({ create }: JournalSubject): void {
  test("a snapshot counts only after its commit", async () => {
    const journal = create();
    await fill(journal, 1, 10);
    const writer = await journal.beginSnapshot(10);
    await writer.write("a\nb");
    await writer.write("c");
    expect(await journal.readSnapshot()).toBeNull();
    await writer.commit();
    expect(await read(journal)).toEqual({ revision: 10, chunks: ["a\nb", "c"] });
  });

  test("a snapshot is written with appends in between", async () => {
    const journal = create();
    await fill(journal, 1, 10);
    const writer = await journal.beginSnapshot(10);
    for (const revision of range(11, 20)) {
      await writer.write(`chunk ${revision}`);
      await append(journal, sampleBatch(revision));
    }
    await writer.commit();
    expect(await read(journal)).toEqual({ revision: 10, chunks: range(11, 20).map((revision) => `chunk ${revision}`) });
    expect(journal.lastRevision()).toBe(20);
    expect(await revisions(journal)).toEqual(range(1, 20));
  });

  test("an aborted snapshot leaves no trace, and another can begin", async () => {
    const journal = create();
    await fill(journal, 1, 5);
    const writer = await journal.beginSnapshot(5);
    await writer.write("lost");
    await writer.abort();
    await writer.abort();
    expect(await journal.readSnapshot()).toBeNull();
    await expect(writer.write("too late")).rejects.toThrow(InvariantError);
    await expect(writer.commit()).rejects.toThrow(InvariantError);
    await snapshot(journal, 5, ["kept"]);
    expect(await read(journal)).toEqual({ revision: 5, chunks: ["kept"] });
  });

  test("an abort after the commit does nothing", async () => {
    const journal = create();
    await fill(journal, 1, 5);
    const writer = await journal.beginSnapshot(5);
    await writer.write("kept");
    await writer.commit();
    await writer.abort();
    await fill(journal, 6, 20);
    expect(await read(journal)).toEqual({ revision: 5, chunks: ["kept"] });
  });

  test("one snapshot at a time, and only of a revision in the log", async () => {
    const journal = create();
    await fill(journal, 1, 5);
    await expect(journal.beginSnapshot(6)).rejects.toThrow(InvariantError);
    const writer = await journal.beginSnapshot(5);
    await expect(journal.beginSnapshot(5)).rejects.toThrow(InvariantError);
    await writer.abort();
  });
}

function snapshotReadingContract({ create }: JournalSubject): void {
  test("the newest snapshot up to a revision is read", async () => {
    const journal = create();
    await fill(journal, 1, 30);
    for (const revision of [10, 20, 30]) await snapshot(journal, revision, [`at ${revision}`]);
    expect((await read(journal))?.revision).toBe(30);
    for (const [atMost, found] of [
      [9, undefined],
      [10, 10],
      [19, 10],
      [20, 20],
      [99, 30],
    ] as const)
      expect((await journal.readSnapshot(atMost))?.revision).toBe(found);
  });

  test("a second snapshot of a revision replaces the first", async () => {
    const journal = create();
    await fill(journal, 1, 5);
    await snapshot(journal, 5, ["first", "first"]);
    await snapshot(journal, 5, ["second"]);
    await fill(journal, 6, 20);
    expect(await read(journal)).toEqual({ revision: 5, chunks: ["second"] });
  });

  test("a snapshot without chunks is valid", async () => {
    const journal = create();
    await fill(journal, 1, 2);
    await snapshot(journal, 2, []);
    expect(await read(journal)).toEqual({ revision: 2, chunks: [] });
  });

  test("a snapshot into an empty journal sets the revision", async () => {
    const journal = create();
    await snapshot(journal, 500, ["restored"]);
    expect(journal.lastRevision()).toBe(500);
    expect(journal.firstReadableRevision()).toBe(500);
    await fill(journal, 501, 503);
    expect(await revisions(journal)).toEqual([501, 502, 503]);
    expect(await read(journal)).toEqual({ revision: 500, chunks: ["restored"] });
  });
}

function truncationContract({ create }: JournalSubject): void {
  test("drops the batches that the snapshot covers and older snapshots, and is idempotent", async () => {
    const journal = create();
    await fill(journal, 1, 30);
    for (const revision of [10, 20, 25]) await snapshot(journal, revision, [`at ${revision}`]);
    for (const _ of [1, 2]) {
      await journal.truncate(20);
      expect(journal.firstReadableRevision()).toBe(20);
      expect(await revisions(journal)).toEqual(range(21, 30));
      expect(await journal.readSnapshot(19)).toBeNull();
      expect((await journal.readSnapshot(20))?.revision).toBe(20);
      expect((await journal.readSnapshot())?.revision).toBe(25);
    }
  });

  test("a truncation of everything keeps the revision", async () => {
    const journal = create();
    await fill(journal, 1, 30);
    await snapshot(journal, 30, ["all"]);
    await journal.truncate(30);
    expect(journal.lastRevision()).toBe(30);
    expect(await revisions(journal)).toEqual([]);
    await fill(journal, 31, 60);
    expect(await revisions(journal)).toEqual(range(31, 60));
    expect(await read(journal)).toEqual({ revision: 30, chunks: ["all"] });
  });

  test("needs a snapshot of that revision", async () => {
    const journal = create();
    await fill(journal, 1, 10);
    await snapshot(journal, 5, ["five"]);
    await expect(journal.truncate(6)).rejects.toThrow(InvariantError);
    expect(await revisions(journal)).toEqual(range(1, 10));
  });

  test("a reader continues with the first batch that is still there", async () => {
    const journal = create();
    await fill(journal, 1, 400);
    await snapshot(journal, 250, ["later"]);
    const seen: number[] = [];
    for await (const { revision } of journal.readBatches(0)) {
      seen.push(revision);
      if (revision !== 10) continue;
      await journal.truncate(250);
      await fill(journal, 401, 500);
    }
    expect(seen).toEqual([...range(1, 10), ...range(251, 500)]);
  });

  test("keeps the size bounded over many rounds", async () => {
    const journal = create();
    const sizes: number[] = [];
    for (let round = 1; round <= 12; round++) {
      await fill(journal, journal.lastRevision() + 1, journal.lastRevision() + 200);
      const before = (await journal.readSnapshot())?.revision;
      await snapshot(journal, journal.lastRevision(), ["x".repeat(100_000), "y".repeat(100_000)]);
      if (before !== undefined) await journal.truncate(before);
      sizes.push(journal.sizeBytes());
    }
    expect(Math.max(...sizes.slice(6))).toBeLessThanOrEqual(1.25 * Math.max(...sizes.slice(0, 6)));
  });
}

function refusalContract({ createBreakable, gaps }: JournalSubject): void {
  const works = gapped(gaps.breakable);

  works("refuses the append without a trace, serves reads, and takes the same revision later", async () => {
    const { journal, breakWrites, fixWrites } = createBreakable();
    await fill(journal, 1, 3);
    breakWrites();
    const last = await appendUntilRefused(journal);
    for (const _ of [1, 2, 3]) {
      await expect(append(journal, sampleBatch(last + 1, 200))).rejects.toThrow(JournalUnavailable);
      expect(journal.lastRevision()).toBe(last);
      expect(await revisions(journal)).toEqual(range(1, last));
    }
    fixWrites();
    await fill(journal, last + 1, last + 5);
    expect(await batchesAfter(journal, last)).toEqual(batches(last + 1, last + 5));
  });

  works("refuses the whole snapshot, and takes it later", async () => {
    const { journal, breakWrites, fixWrites } = createBreakable();
    await fill(journal, 1, 3);
    await snapshot(journal, 2, ["two"]);
    breakWrites();
    await appendUntilRefused(journal);
    await expect(snapshot(journal, 3, ["x".repeat(300_000), "y"])).rejects.toThrow(JournalUnavailable);
    expect(await read(journal)).toEqual({ revision: 2, chunks: ["two"] });
    fixWrites();
    await snapshot(journal, 3, ["three"]);
    await journal.truncate(3);
    await fill(journal, journal.lastRevision() + 1, journal.lastRevision() + 20);
    expect(await read(journal)).toEqual({ revision: 3, chunks: ["three"] });
  });
}

function restartContract({ create, reopen, gaps }: JournalSubject): void {
  const works = gapped(gaps.durable);

  works("batches, snapshots and truncation are as they were", async () => {
    const before = create();
    await fill(before, 1, 50);
    await snapshot(before, 20, ["at 20", "more"]);
    await snapshot(before, 40, ["at 40"]);
    await before.truncate(20);
    await before.close();
    const after = reopen(before);
    expect(after.lastRevision()).toBe(50);
    expect(after.firstReadableRevision()).toBe(20);
    expect(await batchesAfter(after, 0)).toEqual(batches(21, 50));
    expect(await read(after)).toEqual({ revision: 40, chunks: ["at 40"] });
    expect((await read(after, 39))!.chunks).toEqual(["at 20", "more"]);
    await fill(after, 51, 52);
    expect(await revisions(after)).toEqual(range(21, 52));
  });

  works("a snapshot that was not committed is gone, and another of its revision can be written", async () => {
    const before = create();
    await fill(before, 1, 5);
    await (await before.beginSnapshot(5)).write("never committed");
    await before.close();
    const after = reopen(before);
    expect(await after.readSnapshot()).toBeNull();
    await snapshot(after, 5, ["whole"]);
    await fill(after, 6, 30);
    expect(await read(after)).toEqual({ revision: 5, chunks: ["whole"] });
  });

  works("a snapshot of all, truncated, holds the revision", async () => {
    const before = create();
    await fill(before, 1, 5);
    await snapshot(before, 5, ["all"]);
    await before.truncate(5);
    await before.close();
    const after = reopen(before);
    expect([after.lastRevision(), after.firstReadableRevision()]).toEqual([5, 5]);
    await fill(after, 6, 6);
    expect(await revisions(after)).toEqual([6]);
  });
}
