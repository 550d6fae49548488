// A journal of format 1, as release 0.1.0 wrote it: read as it is, and written as format 2 from its first write.

import { Database } from "bun:sqlite";
import { afterEach, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { values } from "../../src/journal/sqlite/file.ts";
import { openSqliteJournal } from "../../src/journal/sqlite/sqlite-journal.ts";
import { range, sampleBatch } from "./sample.ts";
import { append, batchesAfter, read, revisions, snapshot } from "./steps.ts";

const folders: string[] = [];

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function golden(file: string): string {
  const folder = mkdtempSync(join(tmpdir(), "podling-journal-format-"));
  folders.push(folder);
  const path = join(folder, "journal.db");
  writeFileSync(path, new Uint8Array(Bun.gunzipSync(readFileSync(join(import.meta.dir, "golden", `${file}.gz`)))));
  return path;
}

function formatOf(path: string): unknown {
  const db = new Database(path);
  const [row] = values(db, "PRAGMA user_version");
  db.close(true);
  return row?.[0];
}

test("reading alone does not change the format", async () => {
  const path = golden("snapshots.db");
  const journal = openSqliteJournal({ path });
  const batches = await batchesAfter(journal, 0);
  expect(batches.length).toBe(journal.lastRevision() - journal.firstReadableRevision());
  expect((await read(journal))?.chunks.length).toBeGreaterThan(0);
  const middle = batches[Math.floor(batches.length / 2)]!;
  const last = batches.findLast(({ at }) => at <= middle.at)!;
  expect(await journal.revisionAt(middle.at)).toBe(last.revision);
  expect(await journal.revisionAt(0)).toBeNull();
  await journal.close();
  expect(formatOf(path)).toBe(1);
});

test("the first write upgrades the tables, and what was there stays", async () => {
  const path = golden("batches.db");
  const before = openSqliteJournal({ path });
  const last = before.lastRevision();
  const batches = await batchesAfter(before, 0);
  const later = { ...sampleBatch(last + 1), at: batches.at(-1)!.at + 1000 };
  await append(before, later);
  expect(await batchesAfter(before, 0)).toEqual([...batches, later]);
  await before.close();
  expect(formatOf(path)).toBe(2);
  const after = openSqliteJournal({ path });
  expect(await batchesAfter(after, 0)).toEqual([...batches, later]);
  expect(await after.revisionAt(later.at - 1)).toBe(last);
  expect(await after.revisionAt(later.at)).toBe(last + 1);
  await snapshot(after, last + 1, ["state"]);
  await after.truncate(last + 1);
  await append(after, { ...sampleBatch(last + 2), at: later.at });
  expect(await revisions(after)).toEqual(range(last + 2, last + 2));
  await after.close();
});
