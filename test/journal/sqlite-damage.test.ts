// A damaged journal is refused with a reason and a hint, and its files stay the same, byte for byte.

import { Database } from "bun:sqlite";
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Journal, JournalUnusable } from "../../src/journal/journal.ts";
import { openSqliteJournal } from "../../src/journal/sqlite/sqlite-journal.ts";
import { sampleBatch } from "./sample.ts";
import { append, batchesAfter, read } from "./steps.ts";

let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "podling-journal-damage-"));
  path = join(folder, "journal.db");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** 30 batches, snapshots at 10 and 20, truncated at 10: revisions 11 to 30 are there. */
async function writeJournal(): Promise<void> {
  const journal = openSqliteJournal({ path });
  for (let revision = 1; revision <= 30; revision++) {
    await append(journal, { ...sampleBatch(revision, 40), commands: [{ type: `CAUSE${revision}.`, by: "user:test" }] });
    if (revision % 10 !== 0 || revision === 30) continue;
    const writer = await journal.beginSnapshot(revision);
    for (const part of ["first", "second"]) await writer.write(`${part} chunk of ${revision}: ${part.repeat(2000)}`);
    await writer.commit();
    if (revision === 10) await journal.truncate(10);
  }
  await journal.close();
}

async function readAll(journal: Journal): Promise<void> {
  await read(journal);
  await batchesAfter(journal, 0);
}

async function refusal(): Promise<JournalUnusable> {
  let journal: Journal | null = null;
  try {
    journal = openSqliteJournal({ path });
    await readAll(journal);
  } catch (error) {
    if (error instanceof JournalUnusable) return error;
    throw error;
  } finally {
    await journal?.close();
  }
  throw new Error("it was not refused");
}

function bytes(): Map<string, string> {
  const files = readdirSync(folder).filter((name) => name.startsWith("journal.db"));
  return new Map(files.map((name) => [name, Bun.SHA256.hash(readFileSync(join(folder, name)), "hex")]));
}

function flip(text: string): void {
  const content = readFileSync(path);
  const at = content.lastIndexOf(text);
  if (at < 0) throw new Error(`no ${text} in the file`);
  content[at] = content[at]! ^ 0x01;
  writeFileSync(path, content);
}

function overwrite(from: number, length: number): void {
  const content = readFileSync(path);
  content.fill(0xa5, from, from + length);
  writeFileSync(path, content);
}

function run(statement: string): void {
  const db = new Database(path);
  db.run(statement);
  db.close(true);
}

interface Case {
  what: string;
  harm: () => void;
  code: JournalUnusable["code"];
  says: string;
}

const cases: Case[] = [
  { what: "a garbage header", harm: () => overwrite(0, 100), code: "damaged", says: "does not begin like a journal" },
  { what: "text in its place", harm: () => writeFileSync(path, "hello, world\n"), code: "damaged", says: "begin like" },
  { what: "an empty file", harm: () => truncateSync(path, 0), code: "damaged", says: "it is empty" },
  { what: "a truncated file", harm: () => truncateSync(path, 20_480), code: "damaged", says: "contradict" },
  { what: "a page of garbage", harm: () => overwrite(4096, 4096), code: "damaged", says: "contradict" },
  { what: "a flipped bit in a batch", harm: () => flip("CAUSE17."), code: "damaged", says: "revision 17 fails" },
  {
    what: "a flipped bit in a snapshot",
    harm: () => flip("second chunk of 20"),
    code: "damaged",
    says: "chunk 1 of the snapshot of revision 20",
  },
  {
    what: "a missing batch",
    harm: () => run("DELETE FROM batches WHERE revision = 17"),
    code: "damaged",
    says: "revision 17 is missing",
  },
  {
    what: "missing first batches",
    harm: () => run("DELETE FROM batches WHERE revision < 14"),
    code: "damaged",
    says: "revision 11 is missing, revision 14 is there",
  },
  {
    what: "missing last batches, before a snapshot",
    harm: () => run("DELETE FROM batches WHERE revision > 15"),
    code: "damaged",
    says: "revisions 16 to 20 are missing",
  },
  {
    what: "two batches that changed places",
    harm: () =>
      run(`UPDATE batches SET body = (SELECT body FROM batches WHERE revision = 18),
        checksum = (SELECT checksum FROM batches WHERE revision = 18) WHERE revision = 17`),
    code: "damaged",
    says: "revision 17 fails",
  },
  {
    what: "a missing snapshot chunk",
    harm: () => run("DELETE FROM chunks WHERE position = 1"),
    code: "damaged",
    says: "chunk 1 of the snapshot of revision 20",
  },
  { what: "a table that is gone", harm: () => run("DROP TABLE chunks"), code: "damaged", says: "all of its tables" },
  { what: "a newer format", harm: () => run("PRAGMA user_version = 99"), code: "newer-format", says: "has format 99" },
  { what: "no format", harm: () => run("PRAGMA user_version = 0"), code: "damaged", says: "it has no format number" },
  {
    what: "another program's database",
    harm: () => run("PRAGMA application_id = 7"),
    code: "unreadable",
    says: "database of another program",
  },
];

describe("a damaged journal is refused, and its files stay the same", () => {
  test.each(cases)("$what", async ({ harm, code, says }) => {
    await writeJournal();
    harm();
    const before = bytes();
    const error = await refusal();
    expect(error.code).toBe(code);
    expect(error.message).toContain(says);
    expect(error.message).toContain(path);
    expect(error.hint).not.toBe("");
    // Nothing stays locked behind a refusal, and it stays a refusal.
    expect((await refusal()).message).toBe(error.message);
    expect(bytes()).toEqual(before);
  });

  test("a folder in the file's place", async () => {
    mkdirSync(path);
    const error = await refusal();
    expect(error.code).toBe("unreadable");
    expect(error.message).toContain("it is not a file");
  });

  test("a file in the folder's place", async () => {
    writeFileSync(join(folder, "data"), "");
    path = join(folder, "data", "journal.db");
    expect((await refusal()).code).toBe("unreadable");
  });

  test("the write-ahead log without its file: another is not begun over it", async () => {
    await writeJournal();
    writeFileSync(`${path}-wal`, "what a master had written last");
    renameSync(path, join(folder, "elsewhere"));
    const error = await refusal();
    expect(error.code).toBe("damaged");
    expect(error.message).toContain("it is missing");
    expect(existsSync(path)).toBe(false);
    expect(readFileSync(`${path}-wal`, "utf8")).toBe("what a master had written last");
  });

  test("drafts that a crash left behind are removed", async () => {
    mkdirSync(`${path}.new-Ab3x9Q`);
    writeFileSync(join(`${path}.new-Ab3x9Q`, "journal.db"), "");
    writeFileSync(`${path}.new`, "as release 0.1.0 named it");
    await writeJournal();
    expect(readdirSync(folder)).toEqual(["journal.db"]);
  });
});

describe("a journal that this user may not use", () => {
  const asRoot = process.getuid?.() === 0;

  /** Root may do everything, so the child gives up the privilege that makes it so. */
  function refusalOfChild(): { code: string; message: string; hint: string } {
    const child = join(import.meta.dir, "open-child.ts");
    const drop = asRoot ? ["setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-all"] : [];
    const { stdout, stderr } = Bun.spawnSync([...drop, process.execPath, child, path]);
    try {
      return JSON.parse(stdout.toString());
    } catch {
      throw new Error(`the child said: ${stdout}${stderr}`);
    }
  }

  test("an unreadable file, then an unwritable folder, then an unwritable place for a new one", async () => {
    await writeJournal();
    expect(() => openSqliteJournal({ path: join(path, "folder", "journal.db") })).toThrow(
      "it cannot be created: a part of its path is no folder",
    );
    chmodSync(path, 0o000);
    expect(refusalOfChild()).toMatchObject({
      code: "unreadable",
      message: expect.stringContaining("permission denied"),
    });
    chmodSync(path, 0o444);
    expect(refusalOfChild()).toMatchObject({
      code: "unreadable",
      message: expect.stringContaining("permission denied"),
    });
    chmodSync(path, 0o600);
    chmodSync(folder, 0o555);
    expect(refusalOfChild()).toMatchObject({ code: "unreadable", message: expect.stringContaining(folder) });
    rmSync(path);
    expect(refusalOfChild()).toMatchObject({
      code: "unreadable",
      message: expect.stringContaining("cannot be created"),
      hint: expect.stringContaining("read and write"),
    });
  });
});
