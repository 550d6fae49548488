// Appends to the journal named by the first argument as fast as possible, with snapshots and truncations in between, until
// it is killed or has written the second argument's number of batches. It prints a line for each step after it is done:
// "b17" batch 17 was appended, "s17" the snapshot of 17 was committed, "t17" everything up to 17 was truncated.

import { writeSync } from "node:fs";
import { openSqliteJournal } from "../../src/journal/sqlite/sqlite-journal.ts";
import { snapshotOf, variedBatch } from "./sample.ts";
import { append } from "./steps.ts";

const [path, most] = process.argv.slice(2);
const end = Number(most ?? Number.POSITIVE_INFINITY);
const journal = openSqliteJournal({ path: path! });

function say(what: string): void {
  writeSync(1, `${what}\n`);
}

async function appendNext(): Promise<void> {
  const revision = journal.lastRevision() + 1;
  await append(journal, variedBatch(revision, 60));
  say(`b${revision}`);
}

while (journal.lastRevision() < end) {
  for (let count = 0; count < 15; count++) await appendNext();
  const revision = journal.lastRevision();
  const before = (await journal.readSnapshot())?.revision;
  const writer = await journal.beginSnapshot(revision);
  for (const chunk of snapshotOf(revision)) {
    await writer.write(chunk);
    await appendNext();
  }
  await writer.commit();
  say(`s${revision}`);
  if (before === undefined) continue;
  await journal.truncate(before);
  say(`t${before}`);
}
