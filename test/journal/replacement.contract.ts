// What every journal promises of a replacement: a state that takes the place of all it holds, in one step. Part of
// journal.contract.ts.

import { expect, test } from "bun:test";
import { type Journal, JournalUnavailable } from "../../src/journal/journal.ts";
import { InvariantError } from "../../src/lib/assert.ts";
import type { JournalSubject } from "./journal.contract.ts";
import { batches, range, sampleBatch } from "./sample.ts";
import { appendUntilRefused, fill, read, revisions, snapshot } from "./steps.ts";

/** Registers a test, or names why this adapter cannot pass it. */
type Works = (name: string, body: () => void) => void;

/** Of everything that came before, nothing is left but the number. */
function expectReplaced(journal: Journal, revision: number, chunks: string[]): void {
  expect([journal.lastRevision(), journal.firstReadableRevision()]).toEqual([revision, revision]);
  expect(read(journal)).toEqual({ revision, chunks });
  expect(journal.readSnapshot(revision - 1)).toBeNull();
  expect(revisions(journal)).toEqual([]);
}

function replace(journal: Journal, revision: number, chunks: readonly string[]): void {
  const writer = journal.beginReplacement();
  for (const chunk of chunks) writer.write(chunk);
  writer.commit(revision);
}

export function replacementContract({ create, createBreakable }: JournalSubject, works: Works): void {
  test("takes the place of batches and snapshots; appends go on after it", () => {
    const journal = create();
    fill(journal, 1, 30);
    snapshot(journal, 10, ["at 10"]);
    snapshot(journal, 20, ["at 20"]);
    replace(journal, 1000, ["restored", "whole"]);
    expectReplaced(journal, 1000, ["restored", "whole"]);
    expect(() => journal.append(sampleBatch(31))).toThrow(InvariantError);
    fill(journal, 1001, 1100);
    expect([...journal.readBatches(0)]).toEqual(batches(1001, 1100));
    expect(read(journal)).toEqual({ revision: 1000, chunks: ["restored", "whole"] });
  });

  test("nothing of it counts before its commit, and appends go on meanwhile", () => {
    const journal = create();
    fill(journal, 1, 10);
    snapshot(journal, 5, ["five"]);
    const writer = journal.beginReplacement();
    for (const revision of range(11, 20)) {
      writer.write(`chunk ${revision}`);
      journal.append(sampleBatch(revision));
    }
    expect(read(journal)).toEqual({ revision: 5, chunks: ["five"] });
    expect(revisions(journal)).toEqual(range(1, 20));
    writer.commit(21);
    expectReplaced(
      journal,
      21,
      range(11, 20).map((revision) => `chunk ${revision}`),
    );
  });

  test("aborted, it is as if never begun, and another can be begun", () => {
    const journal = create();
    fill(journal, 1, 5);
    const writer = journal.beginReplacement();
    writer.write("lost");
    writer.abort();
    expect(() => writer.commit(9)).toThrow(InvariantError);
    expect(revisions(journal)).toEqual(range(1, 5));
    replace(journal, 9, ["kept"]);
    expectReplaced(journal, 9, ["kept"]);
  });

  test("no revision is given twice", () => {
    const journal = create();
    fill(journal, 1, 10);
    for (const revision of [1, 10]) {
      expect(() => replace(journal, revision, ["again"])).toThrow(InvariantError);
      expect(revisions(journal)).toEqual(range(1, 10));
    }
    replace(journal, 11, ["next"]);
    expectReplaced(journal, 11, ["next"]);
  });

  test("it and a snapshot are not written at once", () => {
    const journal = create();
    fill(journal, 1, 5);
    const writer = journal.beginReplacement();
    expect(() => journal.beginSnapshot(5)).toThrow(InvariantError);
    expect(() => journal.beginReplacement()).toThrow(InvariantError);
    writer.abort();
    const snapshotting = journal.beginSnapshot(5);
    expect(() => journal.beginReplacement()).toThrow(InvariantError);
    snapshotting.abort();
  });

  test("into an empty journal, and again and again", () => {
    const journal = create();
    replace(journal, 500, ["first"]);
    expectReplaced(journal, 500, ["first"]);
    fill(journal, 501, 503);
    replace(journal, 504, []);
    expectReplaced(journal, 504, []);
    replace(journal, 1_700_000_000_000, ["third"]);
    fill(journal, 1_700_000_000_001, 1_700_000_000_003);
    expect(revisions(journal)).toEqual(range(1_700_000_000_001, 1_700_000_000_003));
  });

  test("a snapshot and a truncation follow as ever, and the size stays bounded", () => {
    const journal = create();
    const sizes: number[] = [];
    for (let round = 1; round <= 10; round++) {
      fill(journal, journal.lastRevision() + 1, journal.lastRevision() + 60);
      replace(journal, journal.lastRevision() + 5_000, ["x".repeat(100_000), "y".repeat(100_000)]);
      const restored = journal.lastRevision();
      fill(journal, restored + 1, restored + 40);
      snapshot(journal, restored + 20, ["z"]);
      journal.truncate(restored + 20);
      expect(revisions(journal)).toEqual(range(restored + 21, restored + 40));
      sizes.push(journal.sizeBytes());
    }
    expect(Math.max(...sizes.slice(5))).toBeLessThanOrEqual(1.25 * Math.max(...sizes.slice(0, 5)));
  }, 60_000);

  test("under a reader: it goes on with what is then there", () => {
    const journal = create();
    fill(journal, 1, 400);
    const seen: number[] = [];
    for (const { revision } of journal.readBatches(0)) {
      seen.push(revision);
      if (revision !== 10) continue;
      replace(journal, 1000, ["restored"]);
      // Enough that nothing of before is left in a file.
      fill(journal, 1001, 1100);
    }
    expect(seen).toEqual([...range(1, 10), ...range(1001, 1100)]);
  });

  works("refused by a full disk, nothing has changed, and it works later", () => {
    const { journal, breakWrites, mendWrites } = createBreakable();
    fill(journal, 1, 3);
    snapshot(journal, 2, ["two"]);
    breakWrites();
    const last = appendUntilRefused(journal);
    expect(() => replace(journal, 9_000, ["x".repeat(300_000), "y"])).toThrow(JournalUnavailable);
    expect(journal.lastRevision()).toBe(last);
    expect(revisions(journal)).toEqual(range(1, last));
    expect(read(journal)).toEqual({ revision: 2, chunks: ["two"] });
    mendWrites();
    replace(journal, 9_001, ["restored"]);
    expectReplaced(journal, 9_001, ["restored"]);
  });
}

export function replacementRestartContract({ create, reopen }: JournalSubject, works: Works): void {
  works("what was replaced stays replaced", () => {
    const before = create();
    fill(before, 1, 50);
    snapshot(before, 20, ["at 20"]);
    replace(before, 1_000, ["restored", "whole"]);
    before.close();
    const after = reopen(before);
    expectReplaced(after, 1_000, ["restored", "whole"]);
    fill(after, 1_001, 1_030);
    after.close();
    const again = reopen(after);
    expect(revisions(again)).toEqual(range(1_001, 1_030));
    expect(read(again)).toEqual({ revision: 1_000, chunks: ["restored", "whole"] });
  });

  works("one that was not committed is gone", () => {
    const before = create();
    fill(before, 1, 5);
    snapshot(before, 3, ["three"]);
    before.beginReplacement().write("never committed");
    before.close();
    const after = reopen(before);
    expect(read(after)).toEqual({ revision: 3, chunks: ["three"] });
    expect(revisions(after)).toEqual(range(1, 5));
    replace(after, 6, ["whole"]);
    fill(after, 7, 30);
    expect(read(after)).toEqual({ revision: 6, chunks: ["whole"] });
  });
}
