// What every journal promises of leases and of appends whose outcome is unknown. Part of journal.contract.ts.

import { expect, test } from "bun:test";
import { JournalUnavailable } from "../../src/journal/journal.ts";
import { InvariantError } from "../../src/lib/assert.ts";
import { batches, range, sampleBatch } from "./sample.ts";
import { batchesAfter, revisions } from "./steps.ts";
import type { JournalSubject, Works } from "./subject.ts";

export function leaseContract({ create }: JournalSubject): void {
  test("the newest lease may append; an older one is fenced, and writes nothing", async () => {
    const journal = create();
    const older = await journal.acquire("a");
    expect(await journal.append(sampleBatch(1), older)).toBe("appended");
    const newer = await journal.acquire("b");
    expect(newer.epoch).toBeGreaterThan(older.epoch);
    expect(newer.fence).not.toBe(older.fence);
    expect(await journal.append(sampleBatch(2), older)).toBe("fenced");
    expect(await revisions(journal)).toEqual([1]);
    expect(await journal.append(sampleBatch(2), newer)).toBe("appended");
    expect(await journal.append(sampleBatch(3), older)).toBe("fenced");
    expect(await revisions(journal)).toEqual([1, 2]);
  });

  test("a lease is lost to the next one, and at the close", async () => {
    const journal = create();
    const lost: string[] = [];
    const first = await journal.acquire("a");
    void first.lost.then(() => lost.push("first"));
    expect(first.validUntil()).toBeGreaterThan(0);
    const second = await journal.acquire("b");
    void second.lost.then(() => lost.push("second"));
    await first.lost;
    expect(lost).toEqual(["first"]);
    await journal.close();
    await second.lost;
    expect(lost).toEqual(["first", "second"]);
  });
}

export function unknownContract({ createUnsure }: JournalSubject, works: Works): void {
  works("unknown, and found to be durable: it is there, and the next revision follows", async () => {
    const { journal, failSync, allowSync } = createUnsure("kept");
    const lease = await journal.acquire("a");
    expect(await journal.append(sampleBatch(1), lease)).toBe("appended");
    failSync();
    expect(await journal.append(sampleBatch(2), lease)).toBe("unknown");
    allowSync();
    expect(await journal.resolveUnknown(sampleBatch(2))).toBe(true);
    expect(await journal.append(sampleBatch(3), lease)).toBe("appended");
    expect(await batchesAfter(journal, 0)).toEqual(batches(1, 3));
  });
}

export function lostContract({ createUnsure }: JournalSubject, works: Works): void {
  works("unknown, and found to be lost: the same revision is taken again", async () => {
    const { journal, failSync, allowSync } = createUnsure("lost");
    const lease = await journal.acquire("a");
    expect(await journal.append(sampleBatch(1), lease)).toBe("appended");
    failSync();
    expect(await journal.append(sampleBatch(2, 5), lease)).toBe("unknown");
    allowSync();
    expect(await journal.resolveUnknown(sampleBatch(2, 5))).toBe(false);
    expect(await revisions(journal)).toEqual([1]);
    expect(await journal.append(sampleBatch(2), lease)).toBe("appended");
    expect(await batchesAfter(journal, 0)).toEqual(batches(1, 2));
  });

  works("it stays unknown while the journal cannot be asked", async () => {
    const { journal, failSync, allowSync, breakWrites, fixWrites } = createUnsure("kept");
    const lease = await journal.acquire("a");
    failSync();
    expect(await journal.append(sampleBatch(1), lease)).toBe("unknown");
    allowSync();
    breakWrites();
    for (const _ of [1, 2]) await expect(journal.resolveUnknown(sampleBatch(1))).rejects.toThrow(JournalUnavailable);
    fixWrites();
    expect(await journal.resolveUnknown(sampleBatch(1))).toBe(true);
    expect(await revisions(journal)).toEqual(range(1, 1));
  });

  works("only the batch that was appended last can be unknown", async () => {
    const { journal } = createUnsure("kept");
    const lease = await journal.acquire("a");
    expect(await journal.append(sampleBatch(1), lease)).toBe("appended");
    await expect(journal.resolveUnknown(sampleBatch(7))).rejects.toThrow(InvariantError);
  });
}
