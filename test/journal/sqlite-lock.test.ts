// Only one master can open a journal. The next one can as soon as the first has ended, in any way.

import { afterEach, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { JournalUnusable } from "../../src/journal/journal.ts";
import { openSqliteJournal } from "../../src/journal/sqlite/sqlite-journal.ts";
import { sampleBatch } from "./sample.ts";
import { append } from "./steps.ts";

const folder = mkdtempSync(join(tmpdir(), "podling-journal-lock-"));
const path = join(folder, "journal.db");
const children: Bun.Subprocess[] = [];

afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
});

function opener(...more: string[]) {
  const child = Bun.spawn([process.execPath, join(import.meta.dir, "open-child.ts"), path, ...more], {
    stdout: "pipe",
    stderr: "inherit",
  });
  children.push(child);
  return child;
}

/** The one line that a child prints. */
async function outcomeOf(child: ReturnType<typeof opener>): Promise<{ code: string; message: string; last: number }> {
  let text = "";
  for await (const piece of child.stdout) {
    text += new TextDecoder().decode(piece);
    if (text.includes("\n")) return JSON.parse(text);
  }
  throw new Error("the child ended without output");
}

test("a second opener, in this process or another, gets the id of the holder; kill -9 frees the lock at once", async () => {
  const holder = opener("hold");
  expect(await outcomeOf(holder)).toEqual({ code: "opened", last: 0 } as never);

  const refused = await outcomeOf(opener());
  expect(refused.code).toBe("locked");
  expect(refused.message).toContain(path);
  if (process.platform === "linux") expect(refused.message).toContain(`process ${holder.pid}`);
  expect(() => openSqliteJournal({ path })).toThrow(JournalUnusable);

  holder.kill("SIGKILL");
  await holder.exited;
  const journal = openSqliteJournal({ path });
  await append(journal, sampleBatch(1));
  expect(() => openSqliteJournal({ path })).toThrow("in use by another master");
  expect((await outcomeOf(opener())).code).toBe("locked");

  // Neither refusal has taken the lock from its holder, as closing a file can on POSIX.
  expect((await outcomeOf(opener())).code).toBe("locked");
  await append(journal, sampleBatch(2));
  await journal.close();
  expect(await outcomeOf(opener())).toEqual({ code: "opened", last: 2 } as never);
});

test("if many start at once in an empty folder, one creates the journal and the others find it locked", async () => {
  const outcomes = await Promise.all(Array.from({ length: 6 }, () => outcomeOf(opener("hold"))));
  expect(outcomes.map(({ code }) => code).sort()).toEqual(["locked", "locked", "locked", "locked", "locked", "opened"]);
  for (const child of children) child.kill("SIGKILL");
  await Promise.all(children.map((child) => child.exited));
  openSqliteJournal({ path }).close();
  // No draft is left; the write-ahead log of the process that was killed stays with its journal.
  expect(readdirSync(folder).filter((name) => name !== "journal.db-wal")).toEqual(["journal.db"]);
});
