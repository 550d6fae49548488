// Acknowledged batches are never missing without a word: a damaged, cut off, missing or older end of the journal is refused,
// and its files stay the same, byte for byte. What a crash leaves, also in the middle of a commit, is opened.

import { Database } from "bun:sqlite";
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { copyFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Journal, JournalUnusable } from "../../src/journal/journal.ts";
import { openSqliteJournal } from "../../src/journal/sqlite/sqlite-journal.ts";
import { sampleBatch } from "./sample.ts";
import { append, revisions } from "./steps.ts";

const last = 120;
const ends = ["", "-wal", "-acknowledged"] as const;
type Files = Record<(typeof ends)[number], Uint8Array | null>;

let folder: string;
/** What kill -9 leaves after `last` batches; half of them; and a regular end. */
let crashed: Files;
let earlier: Files;
let closed: Files;
let count = 0;

function filesOf(path: string): Files {
  const read = (end: string) => (existsSync(path + end) ? new Uint8Array(readFileSync(path + end)) : null);
  return { "": read(""), "-wal": read("-wal"), "-acknowledged": read("-acknowledged") };
}

function put(files: Files): string {
  const path = join(mkdtempSync(join(folder, `${count++}-`)), "journal.db");
  for (const end of ends) if (files[end]) writeFileSync(path + end, files[end]);
  return path;
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "podling-journal-ending-"));
  const path = join(folder, "journal.db");
  const journal = openSqliteJournal({ path });
  for (let revision = 1; revision <= last; revision++) {
    await append(journal, sampleBatch(revision, 3));
    if (revision === last / 2) earlier = filesOf(path);
  }
  crashed = filesOf(path);
  await journal.close();
  closed = filesOf(path);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The revisions of a journal that opens, or the refusal; then its files are as they were. */
async function opened(files: Files): Promise<number[] | JournalUnusable> {
  const path = put(files);
  let journal: Journal | null = null;
  try {
    journal = openSqliteJournal({ path });
    return await revisions(journal);
  } catch (error) {
    if (!(error instanceof JournalUnusable)) throw error;
    await journal?.close();
    expect(filesOf(path)).toEqual(files);
    expect(readdirSync(join(path, ".."))).toHaveLength(Object.values(files).filter((file) => file !== null).length);
    return error;
  } finally {
    await journal?.close();
  }
}

async function refusal(files: Files): Promise<JournalUnusable> {
  const outcome = await opened(files);
  if (outcome instanceof JournalUnusable) return outcome;
  throw new Error(`it was opened, with ${outcome.length} batches`);
}

const whole = Array.from({ length: last }, (_, index) => index + 1);

/** All is there, or it is refused. */
async function wholeOrRefused(files: Files): Promise<"whole" | "refused"> {
  const outcome = await opened(files);
  if (outcome instanceof JournalUnusable) {
    expect(outcome.code).toBe("damaged");
    return "refused";
  }
  expect(outcome).toEqual(whole);
  return "whole";
}

function flipped(file: Uint8Array, at: number, bit = 3): Uint8Array {
  const changed = file.slice();
  changed[at]! ^= 1 << bit;
  return changed;
}

describe("after a crash", () => {
  test("all batches are there, with or without the file that says so", async () => {
    expect(crashed["-wal"]!.length).toBeGreaterThan(10 * 4096);
    expect(await opened(crashed)).toEqual(whole);
    expect(await opened({ ...crashed, "-acknowledged": null })).toEqual(whole);
  });

  test("a start that writes nothing changes nothing", async () => {
    const path = put(crashed);
    for (let starts = 0; starts < 2; starts++) {
      await openSqliteJournal({ path }).close();
      expect(filesOf(path)).toEqual(crashed);
    }
  });

  test("a last commit that is torn, and was not acknowledged, is left out", async () => {
    const path = put(crashed);
    const journal = openSqliteJournal({ path });
    await append(journal, sampleBatch(last + 1, 3));
    const log = filesOf(path)["-wal"]!;
    const torn = {
      ...filesOf(path),
      "-wal": log.subarray(0, log.length - 1000),
      "-acknowledged": crashed["-acknowledged"],
    };
    expect(await opened(torn)).toEqual(whole);
    await journal.close();
  });
});

describe("a write-ahead log", () => {
  test("with a flipped bit is refused, or has all", async () => {
    const log = crashed["-wal"]!;
    const outcomes = new Set<string>();
    for (let at = 3; at < log.length; at += Math.floor(log.length / 40))
      outcomes.add(await wholeOrRefused({ ...crashed, "-wal": flipped(log, at) }));
    expect(outcomes).toContain("refused");
  });

  test("that is cut off is refused", async () => {
    const log = crashed["-wal"]!;
    for (const bytes of [0, 16, 32, 4000, Math.floor(log.length / 2), log.length - 4096]) {
      const { message, hint } = await refusal({ ...crashed, "-wal": log.slice(0, bytes) });
      expect(message).toContain(`revision ${last} was acknowledged`);
      expect(hint).toContain("podling restore FILE --data-dir FOLDER");
      expect(hint).toContain("-acknowledged");
    }
  });

  test("that is missing is refused, as where the file alone was copied", async () => {
    for (const files of [crashed, { ...crashed, "-acknowledged": null }, earlier]) {
      const { message } = await refusal({ ...files, "-wal": null });
      expect(message).toContain("journal.db-wal is missing, which has the newest revisions");
    }
  });

  test("may be missing after another program has copied it into the file", async () => {
    const path = put(crashed);
    const db = new Database(path);
    db.query("SELECT count(*) FROM batches").get();
    db.close(true);
    const files = filesOf(path);
    expect(files["-wal"]).toBeNull();
    expect(await opened(files)).toEqual(whole);
    await refusal({ ...files, "-acknowledged": null });
  });

  test("of an earlier time, and a file of an earlier time, are refused", async () => {
    await refusal({ ...crashed, "-wal": earlier["-wal"] });
    await refusal({ ...earlier, "-acknowledged": crashed["-acknowledged"] });
  });

  test("is not needed for what is left, if a person decides so", async () => {
    const half = crashed["-wal"]!.slice(0, crashed["-wal"]!.length / 2);
    const kept = (await opened({ ...crashed, "-wal": half, "-acknowledged": null })) as number[];
    expect(kept.length).toBeWithin(1, last);
    expect(kept).toEqual(whole.slice(0, kept.length));
  });
});

describe("the file", () => {
  test("of a journal that was closed says where it ends", async () => {
    expect([closed["-wal"], closed["-acknowledged"]]).toEqual([null, null]);
    expect(await opened(closed)).toEqual(whole);
    const path = put(closed);
    const db = new Database(path);
    db.run("DELETE FROM batches WHERE revision > 100");
    db.close(true);
    const { message } = await refusal(filesOf(path));
    expect(message).toContain(`it ends at revision 100, and revision ${last} was acknowledged`);
  });

  test("with a flipped bit in its last pages is refused, or has all", async () => {
    const file = closed[""]!;
    const outcomes: string[] = [];
    for (let at = file.length - 1; at > file.length - 3 * 4096; at -= 211)
      outcomes.push(await wholeOrRefused({ ...closed, "": flipped(file, at) }));
    expect(new Set(outcomes)).toEqual(new Set(["whole", "refused"]));
  });

  test("of another journal has other revisions: what was acknowledged there counts for nothing", async () => {
    const path = put({ "": null, "-wal": null, "-acknowledged": crashed["-acknowledged"] });
    const journal = openSqliteJournal({ path });
    await append(journal, sampleBatch(1));
    const left = filesOf(path);
    await journal.close();
    expect(await opened(left)).toEqual([1]);
    expect(await opened({ ...left, "-acknowledged": crashed["-acknowledged"] })).toEqual([1]);
    expect(await opened({ ...left, "-acknowledged": flipped(left["-acknowledged"]!, 2) })).toEqual([1]);
  });
});

test("a journal whose end could not be noted is opened as after a crash", async () => {
  const path = put(crashed);
  const journal = openSqliteJournal({ path });
  await append(journal, sampleBatch(last + 1));
  copyFileSync(`${path}-acknowledged`, `${path}-kept`);
  await journal.close();
  // A crash right after the last write, before the file was removed.
  copyFileSync(`${path}-kept`, `${path}-acknowledged`);
  rmSync(`${path}-kept`);
  expect(await opened(filesOf(path))).toEqual([...whole, last + 1]);
});

test("a process that ends between its first write and its sync leaves a journal that opens", async () => {
  const starts = [
    { files: closed, content: whole },
    { files: crashed, content: whole },
    { files: { "": null, "-wal": null, "-acknowledged": null }, content: [] },
  ];
  for (const { files, content } of starts) {
    const path = put(files);
    const hanging = openSqliteJournal({ path, syncFile: () => {} });
    const lease = await hanging.acquire();
    void hanging.append(sampleBatch(content.length + 1), lease);
    const left = filesOf(path);
    expect(left["-acknowledged"]!.length).toBeGreaterThan(0);
    // When a process exits, SQLite copies the write-ahead log into the file and removes it.
    const exited = put(left);
    const db = new Database(exited);
    db.query("SELECT count(*) FROM batches").get();
    db.close(true);
    expect(filesOf(exited)["-wal"]).toBeNull();
    expect(await opened(filesOf(exited))).toEqual([...content, content.length + 1]);
  }
});
