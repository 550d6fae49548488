// What SQLite's result codes mean to a journal. It tells apart what may pass (full, read-only, I/O) from what will not.

import { SQLiteError } from "bun:sqlite";
import { fileErrorMeaning } from "../../lib/file-error.ts";
import { journalEnds } from "../../model/data-files.ts";
import { JournalUnavailable, JournalUnusable } from "../journal.ts";

/** The low byte of a result code; the rest says where it happened. */
const primary = {
  busy: 5,
  locked: 6,
  noMemory: 7,
  readOnly: 8,
  io: 10,
  corrupt: 11,
  full: 13,
  cannotOpen: 14,
  notDatabase: 26,
} as const;

const mayPass: readonly number[] = [primary.busy, primary.locked, primary.noMemory, primary.io, primary.cannotOpen];

/** An error of a write as the port's own; what is none of the disk's doing (a bug) comes back as it is. */
export function writeFailure(error: unknown, path: string): unknown {
  if (!(error instanceof SQLiteError)) return error;
  const code = error.errno & 0xff;
  if (code === primary.full) return new JournalUnavailable(`the disk that holds ${path} is full`);
  if (code === primary.readOnly) return new JournalUnavailable(`${path} is read-only`);
  if (mayPass.includes(code)) return new JournalUnavailable(`cannot write ${path}: ${says(error)}`);
  return readFailure(error, path);
}

export function readFailure(error: unknown, path: string): unknown {
  if (!(error instanceof SQLiteError)) return error;
  const code = error.errno & 0xff;
  if (code === primary.corrupt) return damaged(path, "its pages contradict each other");
  if (code === primary.notDatabase) return damaged(path, "it does not begin like a journal");
  if (code === primary.readOnly || mayPass.includes(code)) return unreadable(path, says(error));
  return error;
}

export function isBusy(error: unknown): boolean {
  return error instanceof SQLiteError && (error.errno & 0xff) === primary.busy;
}

export function damaged(path: string, what: string): JournalUnusable {
  return new JournalUnusable(
    "damaged",
    `the journal ${path} is damaged: ${what}. Nothing was changed`,
    `Keep a copy of ${path} and ${path}${journalEnds.log}. Then put a backup in their place, or move both away to start empty.`,
  );
}

/** `isKept`: a start that was killed while it was refused has left the log under its second name. */
export function logMissing(path: string, isKept: boolean): JournalUnusable {
  const log = `${path}${journalEnds.log}`;
  const { code, message, hint } = damaged(
    path,
    `its write-ahead log ${log} is missing, which has the newest revisions`,
  );
  const kept = `${path}${journalEnds.keptLog}`;
  return new JournalUnusable(
    code,
    message,
    isKept ? `It is most likely ${kept}: copy that file to ${log}. ${hint}` : hint,
  );
}

/** `open`: it was not closed, so that its end is in the write-ahead log. */
export function endMissing(path: string, last: number, acknowledged: number, open: boolean): JournalUnusable {
  const where = open
    ? `the write-ahead log ${path}${journalEnds.log} is damaged, cut off or older`
    : "it is cut off or damaged";
  const goOn = open ? ` To go on without them, remove ${path}${journalEnds.acknowledged}.` : "";
  return new JournalUnusable(
    "damaged",
    `the journal ${path} is damaged: it ends at revision ${last}, and revision ${acknowledged} was acknowledged: ${where}. Nothing was changed`,
    `Keep a copy of all files whose names begin with ${path}. Then put a backup in their place (podling restore FILE --data-dir FOLDER).${goOn}`,
  );
}

export function unreadable(path: string, why: string): JournalUnusable {
  return new JournalUnusable(
    "unreadable",
    `cannot use the journal ${path}: ${why}`,
    "The master must be able to read and write this file and its folder: check both, or choose another data folder.",
  );
}

/** What a failed access to the file or its folder means. `attempt` is what failed, as the beginning of a clause. */
export function unusable(path: string, error: unknown, attempt = ""): JournalUnusable {
  const code = (error as { code?: string } | null)?.code;
  if (code === "ENOSPC" || code === "EDQUOT" || (error instanceof SQLiteError && (error.errno & 0xff) === primary.full))
    return new JournalUnusable(
      "unreadable",
      `cannot use the journal ${path}: ${attempt}its disk is full`,
      "Free space on that disk, or choose another data folder.",
    );
  // Of a folder that is made with its parents, only a file can be there already.
  const why = code === "EEXIST" ? fileErrorMeaning({ code: "ENOTDIR" }) : fileErrorMeaning(error);
  return unreadable(path, `${attempt}${why}`);
}

/** "disk I/O error (SQLITE_IOERR_WRITE)" */
function says(error: SQLiteError): string {
  return error.code ? `${error.message} (${error.code})` : error.message;
}
