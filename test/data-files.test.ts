// Master and worker write only the files of src/model/data-files.ts into their data folders, and take the names from there.
// The table in docs/OPERATIONS.md is made from the same list.

import { afterEach, beforeEach, expect, test } from "bun:test";
import { copyFileSync, linkSync, mkdtempSync, readdirSync, readFileSync, rmSync, watch } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { folderFindings } from "../src/cli/commands/cluster/doctor/folders.ts";
import { JournalUnusable } from "../src/journal/journal.ts";
import { openSqliteJournal } from "../src/journal/sqlite/sqlite-journal.ts";
import {
  dataFiles,
  formerNodesName,
  identityName,
  imagesName,
  journalEnds,
  journalName,
} from "../src/model/data-files.ts";
import { FormerNodesFile } from "../src/worker/data-dir/former-nodes-file.ts";
import { IdentityFile } from "../src/worker/data-dir/identity.ts";
import { PulledImagesFile } from "../src/worker/data-dir/pulled-images-file.ts";
import { until } from "./cli/harness.ts";
import { sampleBatch } from "./journal/sample.ts";
import { append, revisions } from "./journal/steps.ts";

const log = journalName + journalEnds.log;
const kept = journalName + journalEnds.keptLog;
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "podling-data-files-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const known = (role: "master" | "worker", name: string) =>
  dataFiles[role].some((file) => new Bun.Glob(file.name).match(name));

/** A folder with what kill -9 leaves after three batches. */
async function crashed(): Promise<string> {
  const open = join(folder, "open");
  const left = join(folder, "left");
  const journal = openSqliteJournal({ dataDir: open });
  for (const revision of [1, 2, 3]) await append(journal, sampleBatch(revision));
  await Bun.$`cp -r ${open} ${left}`;
  await journal.close();
  return left;
}

async function doctorNotes(path: string): Promise<string[]> {
  const findings = await folderFindings({ role: "master", path, lockHolder: () => null });
  return findings.filter(({ severity }) => severity === "note").map(({ message, fix }) => `${message}. ${fix}`);
}

test("the files of a master are in the list", async () => {
  const seen = new Set<string>();
  const dataDir = join(folder, "master");
  await openSqliteJournal({ dataDir }).close(); // creates the folder
  rmSync(join(dataDir, journalName));
  const watcher = watch(dataDir, (_, name) => void seen.add(name!));
  const journal = openSqliteJournal({ dataDir });
  await append(journal, sampleBatch(1));
  const written = readdirSync(dataDir);
  await journal.close();
  expect(readdirSync(dataDir)).toEqual([journalName]);
  // A start that is refused: the write-ahead log is damaged.
  const left = await crashed();
  const damaged = join(left, log);
  const bytes = readFileSync(damaged);
  await Bun.write(damaged, bytes.subarray(0, bytes.length / 2));
  for (const name of readdirSync(left)) copyFileSync(join(left, name), join(dataDir, name));
  expect(() => openSqliteJournal({ dataDir })).toThrow(JournalUnusable);
  await until(() => seen.has(kept));
  watcher.close();
  expect(new Set([...written, ...seen]).size).toBeGreaterThanOrEqual(5);
  expect([...written, ...seen].filter((name) => !known("master", name))).toEqual([]);
});

test("the files of a worker are in the list", async () => {
  const seen = new Set<string>();
  const watcher = watch(folder, (_, name) => void seen.add(name!));
  const identity = new IdentityFile(folder);
  identity.write({ nodeId: "n", clusterId: "c" });
  new PulledImagesFile(folder).write([]);
  new FormerNodesFile(folder).write([]);
  await until(() => [imagesName, identityName, formerNodesName].every((name) => seen.has(name)));
  watcher.close();
  identity.close();
  const all = [...new Set([...seen, ...readdirSync(folder)])];
  expect(all).toHaveLength(7);
  expect(all.filter((name) => !known("worker", name))).toEqual([]);
});

test("no other source file has these names", async () => {
  const names =
    /["'`/}](journal\.db|identity\.json|images\.json|former-nodes\.json|worker\.lock|-wal\b|-acknowledged\b|\.kept\b|\.new["'`-])/;
  const found: string[] = [];
  for (const role of ["journal", "worker", "main.ts", "cli/commands/cluster/doctor"]) {
    for await (const path of new Bun.Glob(`${role}{,/**}`).scan(join(import.meta.dir, "../src"))) {
      if (!path.endsWith(".ts") || path.endsWith(".test.ts")) continue;
      const lines = readFileSync(join(import.meta.dir, "../src", path), "utf8").split("\n");
      found.push(
        ...lines.filter((line) => !/^\s*(\/\/|\/?\*)/.test(line) && names.test(line)).map((line) => `${path}: ${line}`),
      );
    }
  }
  expect(found).toEqual([]);
});

test("a write-ahead log under its second name is named by doctor, and can be put back if it is the only one", async () => {
  const left = await crashed();
  expect(await doctorNotes(left)).toEqual([]);
  linkSync(join(left, log), join(left, kept));
  expect(await doctorNotes(left)).toEqual([
    expect.stringContaining(`${kept} is left over from a start that was refused`),
  ]);
  rmSync(join(left, log));
  const open = () => openSqliteJournal({ dataDir: left });
  const missing = (() => {
    try {
      return open();
    } catch (error) {
      return error as JournalUnusable;
    }
  })() as JournalUnusable;
  expect(missing.message).toContain(`${log} is missing`);
  expect(missing.hint).toStartWith(`It is most likely ${join(left, kept)}: copy that file to`);
  copyFileSync(join(left, kept), join(left, log));
  const journal = open();
  expect(await revisions(journal)).toEqual([1, 2, 3]);
  await journal.close();
});
