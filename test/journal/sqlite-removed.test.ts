// The files of an open journal are removed, moved, replaced or cut off by someone else: an append must not be acknowledged
// that no start would find.

import { afterEach, beforeEach, expect, test } from "bun:test";
import { cpSync, existsSync, mkdtempSync, renameSync, rmSync, truncateSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Journal, JournalUnavailable } from "../../src/journal/journal.ts";
import { openSqliteJournal } from "../../src/journal/sqlite/sqlite-journal.ts";
import { sampleBatch } from "./sample.ts";
import { append, revisions } from "./steps.ts";

let parent: string;
let folder: string;
let path: string;
let journal: Journal;

beforeEach(async () => {
  parent = mkdtempSync(join(tmpdir(), "podling-journal-removed-"));
  folder = join(parent, "data");
  path = join(folder, "journal.db");
  journal = openSqliteJournal({ path });
  for (let revision = 1; revision <= 100; revision++) await append(journal, sampleBatch(revision, 10));
});
afterEach(async () => {
  await journal.close();
  rmSync(parent, { recursive: true, force: true });
});

async function refusal(): Promise<JournalUnavailable> {
  try {
    await append(journal, sampleBatch(journal.lastRevision() + 1));
  } catch (error) {
    if (error instanceof JournalUnavailable) return error;
    throw error;
  }
  throw new Error("the append was acknowledged");
}

const faults: [what: string, fault: () => void, message: string][] = [
  ["the folder is removed", () => rmSync(folder, { recursive: true }), "was removed or moved"],
  ["the folder is moved", () => renameSync(folder, join(parent, "elsewhere")), "was removed or moved"],
  ["the write-ahead log is removed", () => rmSync(`${path}-wal`), "journal.db-wal was removed or moved"],
  ["the file is replaced", () => replace(), "was replaced by another file"],
  ["the file is cut off", () => truncateSync(path, 4096), "was cut off"],
];

function replace(): void {
  cpSync(path, `${path}.copy`);
  renameSync(`${path}.copy`, path);
}

test.each(faults)("%s: appends and snapshots are refused, reads are served", async (_, fault, message) => {
  fault();
  const error = await refusal();
  expect(error.message).toContain(message);
  expect(error.hint).toContain("podling backup FILE");
  await expect(journal.beginSnapshot(50)).rejects.toThrow(JournalUnavailable);
  await expect(journal.beginReplacement()).rejects.toThrow(JournalUnavailable);
  expect(journal.lastRevision()).toBe(100);
});

test("a folder that is put back is written again, and a start finds all of it", async () => {
  renameSync(folder, join(parent, "elsewhere"));
  await refusal();
  expect(existsSync(folder)).toBe(false);
  renameSync(join(parent, "elsewhere"), folder);
  await append(journal, sampleBatch(101));
  await journal.close();
  journal = openSqliteJournal({ path });
  expect(await revisions(journal)).toHaveLength(101);
});
