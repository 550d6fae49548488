// What every journal promises, run against each adapter. An adapter declares what it cannot promise, with the reason.

import { afterEach, describe, expect, test } from "bun:test";
import { type Journal, JournalUnavailable } from "../../src/journal/journal.ts";
import { InvariantError } from "../../src/lib/assert.ts";
import { replacementContract, replacementRestartContract } from "./replacement.contract.ts";
import { batches, range, sampleBatch } from "./sample.ts";
import { appendUntilRefused, fill, read, revisions, snapshot } from "./steps.ts";

export interface JournalSubject {
  name: string;
  /** An empty journal. */
  create(): Journal;
  /** A journal whose writes can be made to fail as on a full disk, and to work again. */
  createBreakable(): { journal: Journal; breakWrites(): void; mendWrites(): void };
  /** Opens what this journal has left after its close. */
  reopen(journal: Journal): Journal;
  /** After each test. */
  cleanUp(): void;
  gaps: { durable?: string; breakable?: string };
}

export function journalContract(subject: JournalSubject): void {
  describe(`journal contract: ${subject.name}`, () => {
    afterEach(() => subject.cleanUp());
    describe("log", () => logContract(subject));
    describe("snapshots", () => snapshotContract(subject));
    describe("truncation", () => truncationContract(subject));
    describe("replacement", () => replacementContract(subject, gapped(subject.gaps.breakable)));
    describe("a disk that refuses", () => refusalContract(subject));
    describe("after a restart", () => restartContract(subject));
    describe("replaced, and restarted", () => replacementRestartContract(subject, gapped(subject.gaps.durable)));
  });
}

function logContract({ create }: JournalSubject): void {
  test("an empty journal is at revision 0 and has nothing to read", () => {
    const journal = create();
    expect(journal.lastRevision()).toBe(0);
    expect(journal.firstReadableRevision()).toBe(0);
    expect(journal.readSnapshot()).toBeNull();
    expect([...journal.readBatches(0)]).toEqual([]);
  });

  test("gives back what was appended, in order, from any revision", () => {
    const journal = create();
    // Over several pages of any adapter's reading.
    fill(journal, 1, 300);
    expect(journal.lastRevision()).toBe(300);
    expect([...journal.readBatches(0)]).toEqual(batches(1, 300));
    for (const after of [1, 63, 64, 128, 299, 300, 999])
      expect([...journal.readBatches(after)].map(({ revision }) => revision)).toEqual(
        batches(after + 1, 300).map(({ revision }) => revision),
      );
  });

  test("counts the bytes that were appended", () => {
    const journal = create();
    expect(journal.appendedBytes()).toBe(0);
    fill(journal, 1, 20);
    expect(journal.appendedBytes()).toBe(batches(1, 20).reduce((sum, batch) => sum + JSON.stringify(batch).length, 0));
  });

  test("keeps every character, and a batch of several megabytes", () => {
    const journal = create();
    const odd = { ...sampleBatch(1), cause: 'null \u0000, quote ", line \n\u2028, half a pair \ud83d, whole 🦭' };
    const large = sampleBatch(2, 10_000);
    journal.append(odd);
    journal.append(large);
    expect([...journal.readBatches(0)]).toEqual([odd, large]);
  });

  test("what was appended does not change with the object", () => {
    const journal = create();
    const batch = sampleBatch(1);
    journal.append(batch);
    batch.changes.length = 0;
    expect([...journal.readBatches(0)]).toEqual([sampleBatch(1)]);
  });

  test("takes the next revision and no other", () => {
    const journal = create();
    expect(() => journal.append(sampleBatch(2))).toThrow(InvariantError);
    fill(journal, 1, 2);
    expect(() => journal.append(sampleBatch(2))).toThrow(InvariantError);
    expect(() => journal.append(sampleBatch(4))).toThrow(InvariantError);
    expect(revisions(journal)).toEqual([1, 2]);
  });

  test("a reader sees what is appended while it reads", () => {
    const journal = create();
    fill(journal, 1, 100);
    const read: number[] = [];
    for (const { revision } of journal.readBatches(0)) {
      read.push(revision);
      if (revision === 50 || revision === 100) fill(journal, journal.lastRevision() + 1, journal.lastRevision() + 25);
    }
    expect(read).toEqual(range(1, 150));
  });

  test("grows in size with what it holds", () => {
    const journal = create();
    const before = journal.sizeBytes();
    fill(journal, 1, 300);
    expect(journal.sizeBytes()).toBeGreaterThan(before);
  });

  test("is used no more once it is closed; closing again is harmless", () => {
    const journal = create();
    fill(journal, 1, 1);
    journal.close();
    journal.close();
    expect(() => journal.append(sampleBatch(2))).toThrow(InvariantError);
    expect(() => [...journal.readBatches(0)]).toThrow(InvariantError);
    expect(() => journal.readSnapshot()).toThrow(InvariantError);
  });
}

function snapshotContract({ create }: JournalSubject): void {
  test("counts from its commit on, not before", () => {
    const journal = create();
    fill(journal, 1, 10);
    const writer = journal.beginSnapshot(10);
    writer.write("a\nb");
    writer.write("c");
    expect(journal.readSnapshot()).toBeNull();
    writer.commit();
    expect(read(journal)).toEqual({ revision: 10, chunks: ["a\nb", "c"] });
  });

  test("is written while appends go on", () => {
    const journal = create();
    fill(journal, 1, 10);
    const writer = journal.beginSnapshot(10);
    for (const revision of range(11, 20)) {
      writer.write(`chunk ${revision}`);
      journal.append(sampleBatch(revision));
    }
    writer.commit();
    expect(read(journal)).toEqual({ revision: 10, chunks: range(11, 20).map((revision) => `chunk ${revision}`) });
    expect(journal.lastRevision()).toBe(20);
    expect(revisions(journal)).toEqual(range(1, 20));
  });

  test("aborted, it is as if never begun, and another can be begun", () => {
    const journal = create();
    fill(journal, 1, 5);
    const writer = journal.beginSnapshot(5);
    writer.write("lost");
    writer.abort();
    writer.abort();
    expect(journal.readSnapshot()).toBeNull();
    expect(() => writer.write("too late")).toThrow(InvariantError);
    expect(() => writer.commit()).toThrow(InvariantError);
    snapshot(journal, 5, ["kept"]);
    expect(read(journal)).toEqual({ revision: 5, chunks: ["kept"] });
  });

  test("an abort after the commit does nothing", () => {
    const journal = create();
    fill(journal, 1, 5);
    const writer = journal.beginSnapshot(5);
    writer.write("kept");
    writer.commit();
    writer.abort();
    fill(journal, 6, 20);
    expect(read(journal)).toEqual({ revision: 5, chunks: ["kept"] });
  });

  test("one at a time, and none of a revision that is not there", () => {
    const journal = create();
    fill(journal, 1, 5);
    expect(() => journal.beginSnapshot(6)).toThrow(InvariantError);
    const writer = journal.beginSnapshot(5);
    expect(() => journal.beginSnapshot(5)).toThrow(InvariantError);
    writer.abort();
  });

  test("the newest that is old enough is read", () => {
    const journal = create();
    fill(journal, 1, 30);
    for (const revision of [10, 20, 30]) snapshot(journal, revision, [`at ${revision}`]);
    expect(read(journal)?.revision).toBe(30);
    for (const [atMost, found] of [
      [9, undefined],
      [10, 10],
      [19, 10],
      [20, 20],
      [99, 30],
    ] as const)
      expect(journal.readSnapshot(atMost)?.revision).toBe(found);
  });

  test("a second of the same revision takes the first one's place", () => {
    const journal = create();
    fill(journal, 1, 5);
    snapshot(journal, 5, ["first", "first"]);
    snapshot(journal, 5, ["second"]);
    fill(journal, 6, 20);
    expect(read(journal)).toEqual({ revision: 5, chunks: ["second"] });
  });

  test("without a chunk it is still one", () => {
    const journal = create();
    fill(journal, 1, 2);
    snapshot(journal, 2, []);
    expect(read(journal)).toEqual({ revision: 2, chunks: [] });
  });

  test("into an empty journal it sets the revision: a backup comes back", () => {
    const journal = create();
    snapshot(journal, 500, ["restored"]);
    expect(journal.lastRevision()).toBe(500);
    expect(journal.firstReadableRevision()).toBe(500);
    fill(journal, 501, 503);
    expect(revisions(journal)).toEqual([501, 502, 503]);
    expect(read(journal)).toEqual({ revision: 500, chunks: ["restored"] });
  });
}

function truncationContract({ create }: JournalSubject): void {
  test("drops what the snapshot covers, and older snapshots; twice is once", () => {
    const journal = create();
    fill(journal, 1, 30);
    for (const revision of [10, 20, 25]) snapshot(journal, revision, [`at ${revision}`]);
    for (const _ of [1, 2]) {
      journal.truncate(20);
      expect(journal.firstReadableRevision()).toBe(20);
      expect(revisions(journal)).toEqual(range(21, 30));
      expect(journal.readSnapshot(19)).toBeNull();
      expect(journal.readSnapshot(20)?.revision).toBe(20);
      expect(journal.readSnapshot()?.revision).toBe(25);
    }
  });

  test("of all there is leaves the revision where it was", () => {
    const journal = create();
    fill(journal, 1, 30);
    snapshot(journal, 30, ["all"]);
    journal.truncate(30);
    expect(journal.lastRevision()).toBe(30);
    expect(revisions(journal)).toEqual([]);
    fill(journal, 31, 60);
    expect(revisions(journal)).toEqual(range(31, 60));
    expect(read(journal)).toEqual({ revision: 30, chunks: ["all"] });
  });

  test("needs the snapshot that it relies on", () => {
    const journal = create();
    fill(journal, 1, 10);
    snapshot(journal, 5, ["five"]);
    expect(() => journal.truncate(6)).toThrow(InvariantError);
    expect(revisions(journal)).toEqual(range(1, 10));
  });

  test("under a reader: it goes on with the first batch that is still there", () => {
    const journal = create();
    fill(journal, 1, 400);
    snapshot(journal, 250, ["later"]);
    const seen: number[] = [];
    for (const { revision } of journal.readBatches(0)) {
      seen.push(revision);
      if (revision !== 10) continue;
      journal.truncate(250);
      fill(journal, 401, 500);
    }
    expect(seen).toEqual([...range(1, 10), ...range(251, 500)]);
  });

  test("keeps the size bounded, however long it goes on", () => {
    const journal = create();
    const sizes: number[] = [];
    for (let round = 1; round <= 12; round++) {
      fill(journal, journal.lastRevision() + 1, journal.lastRevision() + 200);
      const before = journal.readSnapshot()?.revision;
      snapshot(journal, journal.lastRevision(), ["x".repeat(100_000), "y".repeat(100_000)]);
      if (before !== undefined) journal.truncate(before);
      sizes.push(journal.sizeBytes());
    }
    expect(Math.max(...sizes.slice(6))).toBeLessThanOrEqual(1.25 * Math.max(...sizes.slice(0, 6)));
  });
}

function refusalContract({ createBreakable, gaps }: JournalSubject): void {
  const works = gapped(gaps.breakable);

  works("refuses the append, keeps nothing of it, serves reads, and takes the same revision later", () => {
    const { journal, breakWrites, mendWrites } = createBreakable();
    fill(journal, 1, 3);
    breakWrites();
    const last = appendUntilRefused(journal);
    for (const _ of [1, 2, 3]) {
      expect(() => journal.append(sampleBatch(last + 1, 200))).toThrow(JournalUnavailable);
      expect(journal.lastRevision()).toBe(last);
      expect(revisions(journal)).toEqual(range(1, last));
    }
    mendWrites();
    fill(journal, last + 1, last + 5);
    expect([...journal.readBatches(last)]).toEqual(batches(last + 1, last + 5));
  });

  works("refuses the snapshot as a whole, and takes it later", () => {
    const { journal, breakWrites, mendWrites } = createBreakable();
    fill(journal, 1, 3);
    snapshot(journal, 2, ["two"]);
    breakWrites();
    appendUntilRefused(journal);
    expect(() => snapshot(journal, 3, ["x".repeat(300_000), "y"])).toThrow(JournalUnavailable);
    expect(read(journal)).toEqual({ revision: 2, chunks: ["two"] });
    mendWrites();
    snapshot(journal, 3, ["three"]);
    journal.truncate(3);
    fill(journal, journal.lastRevision() + 1, journal.lastRevision() + 20);
    expect(read(journal)).toEqual({ revision: 3, chunks: ["three"] });
  });
}

function restartContract({ create, reopen, gaps }: JournalSubject): void {
  const works = gapped(gaps.durable);

  works("batches, snapshots and truncation are as they were", () => {
    const before = create();
    fill(before, 1, 50);
    snapshot(before, 20, ["at 20", "more"]);
    snapshot(before, 40, ["at 40"]);
    before.truncate(20);
    before.close();
    const after = reopen(before);
    expect(after.lastRevision()).toBe(50);
    expect(after.firstReadableRevision()).toBe(20);
    expect([...after.readBatches(0)]).toEqual(batches(21, 50));
    expect(read(after)).toEqual({ revision: 40, chunks: ["at 40"] });
    expect([...after.readSnapshot(39)!.chunks]).toEqual(["at 20", "more"]);
    fill(after, 51, 52);
    expect(revisions(after)).toEqual(range(21, 52));
  });

  works("a snapshot that was not committed is gone, and its place is free", () => {
    const before = create();
    fill(before, 1, 5);
    before.beginSnapshot(5).write("never committed");
    before.close();
    const after = reopen(before);
    expect(after.readSnapshot()).toBeNull();
    snapshot(after, 5, ["whole"]);
    fill(after, 6, 30);
    expect(read(after)).toEqual({ revision: 5, chunks: ["whole"] });
  });

  works("a snapshot of all, truncated, holds the revision", () => {
    const before = create();
    fill(before, 1, 5);
    snapshot(before, 5, ["all"]);
    before.truncate(5);
    before.close();
    const after = reopen(before);
    expect([after.lastRevision(), after.firstReadableRevision()]).toEqual([5, 5]);
    fill(after, 6, 6);
    expect(revisions(after)).toEqual([6]);
  });
}

/** A test that an adapter cannot pass is named with the reason. */
function gapped(reason: string | undefined): (name: string, body: () => void) => void {
  return (name, body) => (reason === undefined ? test(name, body) : test.skip(`${name} [${reason}]`, body));
}
