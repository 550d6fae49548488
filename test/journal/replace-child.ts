// Replaces a journal repeatedly, with appends in between, until it is killed. It prints a line for each step after it
// is done: "b17" batch 17 was appended, "r17" the replacement at 17 was committed. The first argument names the file.

import { writeSync } from "node:fs";
import { openSqliteJournal } from "../../src/journal/sqlite/sqlite-journal.ts";
import { snapshotOf, variedBatch } from "./sample.ts";
import { append } from "./steps.ts";

const journal = openSqliteJournal({ path: process.argv[2]! });

function say(what: string): void {
  writeSync(1, `${what}\n`);
}

async function appendNext(): Promise<void> {
  const revision = journal.lastRevision() + 1;
  await append(journal, variedBatch(revision, 20));
  say(`b${revision}`);
}

for (;;) {
  for (let count = 0; count < 5; count++) await appendNext();
  // The revision of the commit is known only at the end, so the chunks are made from a number that the test can compute.
  const revision = journal.lastRevision() + 100;
  const writer = await journal.beginReplacement();
  for (const chunk of snapshotOf(revision)) {
    await writer.write(chunk);
    await appendNext();
  }
  await writer.commit(revision);
  say(`r${revision}`);
}
