// The SQLite journal: the contract, and what only a file has: its size, its folder, its bounds.

import { expect, test } from "bun:test";
import { fdatasync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Journal } from "../../src/journal/journal.ts";
import { openSqliteJournal, SqliteJournal } from "../../src/journal/sqlite/sqlite-journal.ts";
import type { SyncFile } from "../../src/journal/sqlite/wal-sync.ts";
import { journalContract } from "./journal.contract.ts";
import { sampleBatch } from "./sample.ts";
import { mountSmallDisk, noSmallDisk } from "./small-disk.ts";
import { append } from "./steps.ts";

const smallDiskReason = noSmallDisk();
const opened: Journal[] = [];
const removals: (() => void)[] = [];

journalContract({
  name: "sqlite",
  create: () => open(ownFolder()),
  createBreakable() {
    const disk = mountSmallDisk(1024);
    removals.push(disk.remove);
    return { journal: open(disk.path), breakWrites: disk.fill, fixWrites: disk.free };
  },
  createUnsure() {
    let fails = false;
    const path = join(ownFolder(), "journal.db");
    const syncFile: SyncFile = (descriptor, done) =>
      fails ? queueMicrotask(() => done(new Error("EIO: i/o error, fdatasync"))) : fdatasync(descriptor, done);
    const journal = openSqliteJournal({ path, syncFile });
    opened.push(journal);
    return {
      journal,
      failSync() {
        fails = true;
      },
      allowSync() {
        fails = false;
      },
      breakWrites() {},
      fixWrites() {},
    };
  },
  reopen(journal) {
    if (!(journal instanceof SqliteJournal)) throw new Error("not a journal of this suite");
    const again = openSqliteJournal({ path: journal.path });
    opened.push(again);
    return again;
  },
  cleanUp,
  gaps: {
    ...(smallDiskReason === null ? {} : { breakable: smallDiskReason }),
    lost: "a batch whose sync failed is copied into the file, or stays unknown",
  },
});

test("a new journal is made whole: one private file, and no draft beside it", async () => {
  const folder = join(ownFolder(), "deep", "er");
  const journal = open(folder);
  await append(journal, sampleBatch(1));
  await journal.close();
  expect(readdirSync(folder)).toEqual(["journal.db"]);
  expect(statSync(join(folder, "journal.db")).mode & 0o777).toBe(0o600);
  await cleanUp();
});

function open(dataDir: string): SqliteJournal {
  const journal = openSqliteJournal({ dataDir });
  opened.push(journal);
  return journal;
}

function ownFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "podling-journal-test-"));
  removals.push(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

async function cleanUp(): Promise<void> {
  for (const journal of opened.splice(0)) await journal.close();
  for (const remove of removals.splice(0)) remove();
}
