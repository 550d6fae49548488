// Appends to the journal named by the first argument under a limit on file size that its parent has set (and made a
// failed write rather than a signal), until three appends have failed; then lifts the limit, appends ten more, and
// prints what it saw as JSON.

import { JournalUnavailable } from "../../src/journal/journal.ts";
import { openSqliteJournal } from "../../src/journal/sqlite/sqlite-journal.ts";
import { sampleBatch } from "./sample.ts";
import { append, batchesAfter } from "./steps.ts";

const journal = openSqliteJournal({ path: process.argv[2]! });
const failures: string[] = [];
while (failures.length < 3) {
  try {
    await append(journal, sampleBatch(journal.lastRevision() + 1));
  } catch (error) {
    if (!(error instanceof JournalUnavailable)) throw error;
    failures.push(error.message);
  }
}
const refusedAfter = journal.lastRevision();
Bun.spawnSync(["prlimit", "--pid", String(process.pid), "--fsize=unlimited"]);
for (let more = 0; more < 10; more++) await append(journal, sampleBatch(journal.lastRevision() + 1));
const read = (await batchesAfter(journal, 0)).length;
await journal.close();
process.stdout.write(JSON.stringify({ failures, refusedAfter, last: journal.lastRevision(), read }));
