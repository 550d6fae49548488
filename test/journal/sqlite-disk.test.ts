// A disk that is full, read-only or failing: real ones, small. What needs mounts prints why where it cannot run.

import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { fdatasync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Journal, JournalUnavailable, JournalUnusable } from "../../src/journal/journal.ts";
import { openSqliteJournal } from "../../src/journal/sqlite/sqlite-journal.ts";
import type { SyncFile } from "../../src/journal/sqlite/wal-sync.ts";
import { sampleBatch } from "./sample.ts";
import { mountSmallDisk, noSmallDisk, type SmallDisk } from "./small-disk.ts";
import { append, read, revisions } from "./steps.ts";

const reason = noSmallDisk();
let disk: SmallDisk;
let opened: Journal[] = [];

function open(syncFile: SyncFile = fdatasync): Journal {
  const journal = openSqliteJournal({ path: join(disk.path, "journal.db"), syncFile });
  opened.push(journal);
  return journal;
}

async function appendUntilRefused(journal: Journal, size: number): Promise<string> {
  for (;;) {
    try {
      await append(journal, sampleBatch(journal.lastRevision() + 1, size));
    } catch (error) {
      if (error instanceof JournalUnavailable) return error.message;
      throw error;
    }
  }
}

describe.skipIf(reason !== null)(`the disk of a journal${reason === null ? "" : ` [${reason}]`}`, () => {
  beforeEach(() => {
    disk = mountSmallDisk(1024);
  });
  afterEach(async () => {
    for (const journal of opened) await journal.close();
    opened = [];
    disk.remove();
  });

  test("a disk that fills up repeatedly, under small and large batches, loses nothing", async () => {
    let journal = open();
    let last = 0;
    for (const size of [1, 40, 400, 3]) {
      disk.fill();
      expect(await appendUntilRefused(journal, size)).toContain("full");
      await expect(append(journal, sampleBatch(journal.lastRevision() + 1, 3000))).rejects.toThrow(JournalUnavailable);
      disk.free();
      await append(journal, sampleBatch(journal.lastRevision() + 1, size));
      expect(journal.lastRevision()).toBeGreaterThan(last);
      last = journal.lastRevision();
      await journal.close();
      journal = open();
      expect(await revisions(journal)).toEqual(Array.from({ length: last }, (_, index) => index + 1));
    }
  });

  test("full at the start: the journal is read, and appends work when there is space", async () => {
    const before = open();
    for (let revision = 1; revision <= 20; revision++) await append(before, sampleBatch(revision));
    await before.close();
    disk.fill();
    const journal = open();
    expect(await revisions(journal)).toHaveLength(20);
    expect(await appendUntilRefused(journal, 10)).toContain("full");
    disk.free();
    await append(journal, sampleBatch(journal.lastRevision() + 1));
    expect(await revisions(journal)).toHaveLength(journal.lastRevision());
  });

  test("full before there is a journal: refused with the reason, and created when there is space", async () => {
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
    await append(open(), sampleBatch(1));
  });

  test("read-only at the start: the journal is read, and appends work under the lock when the disk is writable", async () => {
    const before = open();
    for (let revision = 1; revision <= 20; revision++) await append(before, sampleBatch(revision));
    const writer = await before.beginSnapshot(10);
    await writer.write("at 10");
    await writer.commit();
    await before.close();
    disk.setReadOnly(true);

    const journal = open();
    expect(journal.lastRevision()).toBe(20);
    expect(await revisions(journal)).toHaveLength(20);
    expect((await read(journal))!.chunks).toEqual(["at 10"]);
    expect(journal.sizeBytes()).toBeGreaterThan(0);
    for (const write of [
      () => append(journal, sampleBatch(21)),
      () => journal.truncate(10),
      () => journal.beginSnapshot(20),
    ])
      await expect(write()).rejects.toThrow(JournalUnavailable);

    disk.setReadOnly(false);
    await append(journal, sampleBatch(21));
    expect(await revisions(journal)).toHaveLength(21);
    expect(() => open()).toThrow("in use by another master");
    await journal.close();
    expect(await revisions(open())).toHaveLength(21);
  });

  test("read-only while another master writes: the master that waited does not overwrite its batches", async () => {
    await open().close();
    disk.setReadOnly(true);
    const waiting = open();
    disk.setReadOnly(false);
    const other = open();
    await expect(append(waiting, sampleBatch(1))).rejects.toThrow("in use by another master");
    await append(other, sampleBatch(1));
    await other.close();
    await expect(append(waiting, sampleBatch(1))).rejects.toThrow("start this master again");
  });

  test("a snapshot whose sync fails when its commit marker is written stays readable", async () => {
    let fails = false;
    const journal = open((descriptor, done) => {
      if (!fails) return fdatasync(descriptor, done);
      fails = false;
      disk.fill();
      done(new Error("EIO: a sync that fails"));
    });
    for (let revision = 1; revision <= 5; revision++) await append(journal, sampleBatch(revision));
    const writer = await journal.beginSnapshot(5);
    for (const chunk of ["first", "second"]) await writer.write(chunk);
    fails = true;
    await expect(writer.commit()).rejects.toThrow(JournalUnavailable);
    disk.free();
    for (let revision = 6; revision <= 10; revision++) await append(journal, sampleBatch(revision));
    expect((await read(journal))?.chunks).toEqual(["first", "second"]);
    await journal.close();
    expect((await read(open()))?.chunks).toEqual(["first", "second"]);
  });

  test("no journal on a full disk, and what to do", async () => {
    disk.fill();
    expect(() => open()).toThrow(
      expect.objectContaining({
        message: expect.stringContaining("it cannot be created: its disk is full"),
        hint: "Free space on that disk, or choose another data folder.",
      }),
    );
  });

  test("no journal on a read-only disk", async () => {
    disk.setReadOnly(true);
    expect(() => open()).toThrow("cannot be created");
  });
});

const noLimit = Bun.which("prlimit") === null ? "prlimit is not installed" : null;
if (noLimit !== null && process.env.CI === "true") throw new Error(`CI must run all tests of full disks: ${noLimit}`);
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
