// A disk that is full, read-only or failing: real ones, small. What needs mounts prints why where it cannot run.

import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Journal, JournalUnavailable, JournalUnusable } from "../../src/journal/journal.ts";
import { openSqliteJournal } from "../../src/journal/sqlite/sqlite-journal.ts";
import { sampleBatch } from "./sample.ts";
import { mountSmallDisk, noSmallDisk, type SmallDisk } from "./small-disk.ts";

const reason = noSmallDisk();
let disk: SmallDisk;
let opened: Journal[] = [];

function open(): Journal {
  const journal = openSqliteJournal({ path: join(disk.path, "journal.db") });
  opened.push(journal);
  return journal;
}

function appendUntilRefused(journal: Journal, size: number): string {
  for (;;) {
    try {
      journal.append(sampleBatch(journal.lastRevision() + 1, size));
    } catch (error) {
      if (error instanceof JournalUnavailable) return error.message;
      throw error;
    }
  }
}

function revisions(journal: Journal): number[] {
  return [...journal.readBatches(0)].map(({ revision }) => revision);
}

describe.skipIf(reason !== null)(`the disk of a journal${reason === null ? "" : ` [${reason}]`}`, () => {
  beforeEach(() => {
    disk = mountSmallDisk(1024);
  });
  afterEach(() => {
    for (const journal of opened) journal.close();
    opened = [];
    disk.remove();
  });

  test("fills up under small and large batches, again and again, and loses nothing", () => {
    let journal = open();
    let last = 0;
    for (const size of [1, 40, 400, 3]) {
      disk.fill();
      expect(appendUntilRefused(journal, size)).toContain("full");
      expect(() => journal.append(sampleBatch(journal.lastRevision() + 1, 3000))).toThrow(JournalUnavailable);
      disk.free();
      journal.append(sampleBatch(journal.lastRevision() + 1, size));
      expect(journal.lastRevision()).toBeGreaterThan(last);
      last = journal.lastRevision();
      journal.close();
      journal = open();
      expect(revisions(journal)).toEqual(Array.from({ length: last }, (_, index) => index + 1));
    }
  });

  test("full at the start: what is there is read, and appends work when there is room", () => {
    const before = open();
    for (let revision = 1; revision <= 20; revision++) before.append(sampleBatch(revision));
    before.close();
    disk.fill();
    const journal = open();
    expect(revisions(journal)).toHaveLength(20);
    expect(appendUntilRefused(journal, 10)).toContain("full");
    disk.free();
    journal.append(sampleBatch(journal.lastRevision() + 1));
    expect(revisions(journal)).toHaveLength(journal.lastRevision());
  });

  test("full before there is a journal: refused with the reason, and made when there is room", () => {
    disk.fill();
    let error: unknown;
    try {
      open();
    } catch (caught) {
      error = caught;
    }
    expect(error).toBeInstanceOf(JournalUnusable);
    expect(error).toMatchObject({ code: "unreadable", message: expect.stringContaining("full") });
    disk.free();
    open().append(sampleBatch(1));
  });

  test("read-only at the start: what is there is read, and appends work, under the lock, when it is not", () => {
    const before = open();
    for (let revision = 1; revision <= 20; revision++) before.append(sampleBatch(revision));
    const writer = before.beginSnapshot(10);
    writer.write("at 10");
    writer.commit();
    before.close();
    disk.setReadOnly(true);

    const journal = open();
    expect(journal.lastRevision()).toBe(20);
    expect(revisions(journal)).toHaveLength(20);
    expect([...journal.readSnapshot()!.chunks]).toEqual(["at 10"]);
    expect(journal.sizeBytes()).toBeGreaterThan(0);
    for (const write of [
      () => journal.append(sampleBatch(21)),
      () => journal.truncate(10),
      () => journal.beginSnapshot(20),
    ])
      expect(write).toThrow(JournalUnavailable);

    disk.setReadOnly(false);
    journal.append(sampleBatch(21));
    expect(revisions(journal)).toHaveLength(21);
    expect(open).toThrow("in use by another master");
    journal.close();
    expect(revisions(open())).toHaveLength(21);
  });

  test("read-only while another master goes on elsewhere: the one that waited does not write over it", () => {
    open().close();
    disk.setReadOnly(true);
    const waiting = open();
    disk.setReadOnly(false);
    const other = open();
    expect(() => waiting.append(sampleBatch(1))).toThrow("in use by another master");
    other.append(sampleBatch(1));
    other.close();
    expect(() => waiting.append(sampleBatch(1))).toThrow("start this master again");
  });

  test("no journal on a read-only disk", () => {
    disk.setReadOnly(true);
    expect(open).toThrow("cannot be created");
  });
});

const noLimit = Bun.which("prlimit") === null ? "prlimit is not installed" : null;
test.skipIf(noLimit !== null)(`writes that fail with an I/O error are refused, and work later${noLimit ?? ""}`, () => {
  const folder = mkdtempSync(join(tmpdir(), "podling-journal-limit-"));
  try {
    const child = [process.execPath, join(import.meta.dir, "limited-child.ts"), join(folder, "journal.db")];
    // Blocks of 1 KiB; an ignored SIGXFSZ makes a write over the limit fail instead.
    const { stdout, stderr } = Bun.spawnSync([
      "bash",
      "-c",
      'trap "" XFSZ; ulimit -S -f 300; exec "$@"',
      "-",
      ...child,
    ]);
    expect(stderr.toString()).toBe("");
    const { failures, refusedAfter, last, read } = JSON.parse(stdout.toString());
    expect(failures).toHaveLength(3);
    expect(failures[0]).toContain("SQLITE_IOERR_WRITE");
    expect([last, read]).toEqual([refusedAfter + 10, refusedAfter + 10]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
