// The process that holds the lock of a journal is found, and a file without one has none.

import { expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { lockHolder } from "./lock-holder.ts";
import { openSqliteJournal } from "./sqlite-journal.ts";

test("of an open journal it is this process; of other files it is not known", async () => {
  const folder = mkdtempSync(join(tmpdir(), "podling-lock-"));
  const path = join(folder, "journal.db");
  const journal = openSqliteJournal({ path });
  if (process.platform === "linux") expect(lockHolder(path)).toBe(String(process.pid));
  await journal.close();
  expect(lockHolder(path)).toBeNull();
  writeFileSync(join(folder, "other"), "");
  expect(lockHolder(join(folder, "other"))).toBeNull();
  expect(lockHolder(join(folder, "missing"))).toBeNull();
  rmSync(folder, { recursive: true });
});
