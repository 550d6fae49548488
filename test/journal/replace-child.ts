// A journal that is replaced again and again, with appends in between, until it is killed. It says what is done only
// once it is: "b17" batch 17 was appended, "r17" the replacement at 17 was committed. The first argument names the file.

import { writeSync } from "node:fs";
import { openSqliteJournal } from "../../src/journal/sqlite/sqlite-journal.ts";
import { snapshotOf, variedBatch } from "./sample.ts";

const journal = openSqliteJournal({ path: process.argv[2]! });

function say(what: string): void {
  writeSync(1, `${what}\n`);
}

function append(): void {
  const revision = journal.lastRevision() + 1;
  journal.append(variedBatch(revision, 20));
  say(`b${revision}`);
}

for (;;) {
  for (let count = 0; count < 5; count++) append();
  // Where it will be committed is known only at the end: so the chunks are those of a number that can be found again.
  const revision = journal.lastRevision() + 100;
  const writer = journal.beginReplacement();
  for (const chunk of snapshotOf(revision)) {
    writer.write(chunk);
    append();
  }
  writer.commit(revision);
  say(`r${revision}`);
}
