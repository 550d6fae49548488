// Closes a database whose files must stay as they are: SQLite copies the write-ahead log into the file when it closes it, also
// a damaged one, and then removes the log, with all in it that it could not read.

import type { Database } from "bun:sqlite";
import {
  closeSync,
  copyFileSync,
  fstatSync,
  ftruncateSync,
  linkSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { journalEnds } from "../../model/data-files.ts";

/** The headers of a write-ahead log, and of each page in it (SQLite's file format, 4.1). */
const logHeaderBytes = 32;
const frameHeaderBytes = 24;
const pageSizeAt = 8;

/** The log stays as it is, and so does the file. `hadLog`: there was a log before the database was opened. */
export function closeUnchanged(db: Database, path: string, hadLog: boolean): void {
  const log = `${path}${journalEnds.log}`;
  const size = statSync(log, { throwIfNoEntry: false })?.size ?? null;
  if (size === null || size < logHeaderBytes) {
    const content = size === null ? "" : readFileSync(log);
    db.close();
    if (hadLog) writeFileSync(log, content, { mode: 0o600 });
    return;
  }
  const kept = `${path}${journalEnds.keptLog}`;
  let descriptor: number;
  try {
    descriptor = openSync(path, "r+");
  } catch {
    db.close(); // what this user may not write, SQLite does not write either
    return;
  }
  try {
    keep(log, kept);
    const { size: bytes } = fstatSync(descriptor);
    const pages = pagesIn(kept, descriptor, bytes);
    db.close();
    for (const { at, content } of pages) writeSync(descriptor, content, 0, content.length, at);
    ftruncateSync(descriptor, bytes);
    renameSync(kept, log);
  } finally {
    // Only now: closing any descriptor of a file frees the locks that this process has on it.
    closeSync(descriptor);
  }
}

/** SQLite removes the name of the log, not its content. Disks that know no links (FAT) have to make do with a copy. */
function keep(log: string, kept: string): void {
  rmSync(kept, { force: true });
  try {
    linkSync(log, kept);
  } catch {
    copyFileSync(log, kept);
  }
}

/** The pages of the file that the log would overwrite. */
function pagesIn(log: string, descriptor: number, bytes: number): { at: number; content: Uint8Array }[] {
  const content = readFileSync(log);
  const pageSize = content.readUInt32BE(pageSizeAt);
  const numbers = new Set<number>();
  // A log whose header is damaged is not copied.
  const step = pageSize >= 512 && pageSize <= 65_536 ? frameHeaderBytes + pageSize : content.length;
  for (let frame = logHeaderBytes; frame + step <= content.length; frame += step)
    numbers.add(content.readUInt32BE(frame));
  const starts = [...numbers].map((number) => (number - 1) * pageSize).filter((at) => at >= 0 && at < bytes);
  return starts.map((at) => {
    const page = new Uint8Array(Math.min(pageSize, bytes - at));
    readSync(descriptor, page, 0, page.length, at);
    return { at, content: page };
  });
}
