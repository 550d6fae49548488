// What every journal promises of history: which revision was the newest at a time, and what is dropped when. Part of
// journal.contract.ts.

import { expect, test } from "bun:test";
import { range, sampleBatch } from "./sample.ts";
import { append, fill, read, revisions, snapshot } from "./steps.ts";
import type { JournalSubject } from "./subject.ts";

const day = 24 * 60 * 60 * 1000;
const start = Date.UTC(2025, 0, 1);
const unlimited = Number.POSITIVE_INFINITY;

export function timeContract({ create }: JournalSubject): void {
  test("the revision at a time is the last one written by then", async () => {
    const journal = create();
    expect(await journal.revisionAt(start)).toBe(0);
    for (const revision of range(1, 300))
      await append(journal, { ...sampleBatch(revision), at: start + revision * 10 });
    for (const [ms, revision] of [
      [start, 0],
      [start + 9, 0],
      [start + 10, 1],
      [start + 19, 1],
      [start + 1285, 128],
      [start + 3000, 300],
      [start + day, 300],
    ] as const)
      expect([ms - start, await journal.revisionAt(ms)]).toEqual([ms - start, revision]);
  });

  test("a clock that is set back does not make a batch older than the one before it", async () => {
    const journal = create();
    const at = [100, 200, 50, 60, 150, 300];
    for (const [index, ms] of at.entries()) await append(journal, { ...sampleBatch(index + 1), at: start + ms });
    expect(await journal.revisionAt(start + 60)).toBe(0);
    expect(await journal.revisionAt(start + 100)).toBe(1);
    expect(await journal.revisionAt(start + 199)).toBe(1);
    // Revisions 3 to 5 count as written at 200, too.
    expect(await journal.revisionAt(start + 200)).toBe(5);
    expect(await journal.revisionAt(start + 300)).toBe(6);
  });

  test("before the first readable revision it is not known", async () => {
    const journal = create();
    for (const revision of range(1, 10)) await append(journal, { ...sampleBatch(revision), at: start + revision * 10 });
    await snapshot(journal, 5, ["five"]);
    await journal.truncate(5);
    expect(await journal.revisionAt(start + 49)).toBeNull();
    expect(await journal.revisionAt(start + 50)).toBe(5);
    expect(await journal.revisionAt(start + 60)).toBe(6);
    const writer = await journal.beginReplacement();
    await writer.commit(100);
    expect(await journal.revisionAt(start + day)).toBeNull();
    await append(journal, { ...sampleBatch(101), at: start + day });
    expect(await journal.revisionAt(start + day)).toBe(101);
  });
}

export function retentionContract({ create }: JournalSubject): void {
  /** A batch a day, and a snapshot every ten days. */
  async function aHundredDays() {
    const journal = create();
    for (const revision of range(1, 100)) {
      await append(journal, { ...sampleBatch(revision), at: start + revision * day });
      if (revision % 10 === 0) await snapshot(journal, revision, [`at ${revision}`]);
    }
    return { journal, now: start + 100 * day };
  }

  test("by age: every moment within it can still be read, and no more than a snapshot's distance before it", async () => {
    const { journal, now } = await aHundredDays();
    await journal.retain({ ms: 35 * day, bytes: unlimited }, now);
    expect(journal.firstReadableRevision()).toBe(60);
    expect(await revisions(journal)).toEqual(range(61, 100));
    expect(await journal.revisionAt(now - 35 * day)).toBe(65);
    await journal.retain({ ms: 35 * day, bytes: unlimited }, now + 5 * day);
    expect(journal.firstReadableRevision()).toBe(70);
  });

  test("by bytes: no more than the limit, at the border of a snapshot", async () => {
    const { journal, now } = await aHundredDays();
    const perBatch = JSON.stringify(sampleBatch(50)).length;
    await journal.retain({ ms: unlimited, bytes: 34 * perBatch }, now);
    expect(journal.firstReadableRevision()).toBe(70);
    await journal.retain({ ms: unlimited, bytes: 34 * perBatch }, now);
    expect(journal.firstReadableRevision()).toBe(70);
  });

  test("whichever comes first, but the two newest snapshots stay", async () => {
    const { journal, now } = await aHundredDays();
    await journal.retain({ ms: unlimited, bytes: unlimited }, now);
    expect(journal.firstReadableRevision()).toBe(0);
    await journal.retain({ ms: 25 * day, bytes: unlimited }, now);
    expect(journal.firstReadableRevision()).toBe(70);
    await journal.retain({ ms: 0, bytes: 0 }, now);
    expect(journal.firstReadableRevision()).toBe(90);
    expect((await read(journal))?.revision).toBe(100);
    expect((await read(journal, 99))?.revision).toBe(90);
  });

  test("what a replacement has dropped does not count", async () => {
    const { journal, now } = await aHundredDays();
    const writer = await journal.beginReplacement();
    await writer.commit(200);
    for (const revision of range(201, 230)) {
      await append(journal, sampleBatch(revision));
      if (revision % 10 === 0) await snapshot(journal, revision, [`at ${revision}`]);
    }
    const perBatch = JSON.stringify(sampleBatch(205)).length;
    await journal.retain({ ms: unlimited, bytes: 50 * perBatch }, now);
    expect(journal.firstReadableRevision()).toBe(200);
  });

  test("without two snapshots everything stays", async () => {
    const journal = create();
    await fill(journal, 1, 10);
    await journal.retain({ ms: 0, bytes: 0 }, start + 10 * 365 * day);
    await snapshot(journal, 10, ["ten"]);
    await journal.retain({ ms: 0, bytes: 0 }, start + 10 * 365 * day);
    expect(await revisions(journal)).toEqual(range(1, 10));
  });
}
