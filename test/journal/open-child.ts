// Opens the journal named by the first argument and prints what came of it as JSON; with "hold" it then stays.

import { JournalUnusable } from "../../src/journal/journal.ts";
import { openSqliteJournal } from "../../src/journal/sqlite/sqlite-journal.ts";

const [path, hold] = process.argv.slice(2);
try {
  const journal = openSqliteJournal({ path: path! });
  process.stdout.write(`${JSON.stringify({ code: "opened", last: journal.lastRevision() })}\n`);
  if (hold) setInterval(() => journal.lastRevision(), 60_000);
} catch (error) {
  if (!(error instanceof JournalUnusable)) throw error;
  const { code, message, hint } = error;
  process.stdout.write(`${JSON.stringify({ code, message, hint })}\n`);
}
