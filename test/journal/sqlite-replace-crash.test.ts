// kill -9 of a process that replaces its journal again and again, at instants drawn from a seed: what is there
// afterwards is all of the old or all of the new, never some of both, and every acknowledgement is kept.

import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openSqliteJournal } from "../../src/journal/sqlite/sqlite-journal.ts";
import { randomInteger, seededRandom } from "../../src/lib/random.ts";
import { snapshotOf, variedBatch } from "./sample.ts";
import { all } from "./steps.ts";

const rounds = 30;
const folder = mkdtempSync(join(tmpdir(), "podling-journal-replace-"));
const path = join(folder, "journal.db");
const child = join(import.meta.dir, "replace-child.ts");

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Adds what the child said before it died, `delayMs` after its first word. */
async function killedChild(delayMs: number, known: { batch: number; replacement: number }): Promise<void> {
  const writer = Bun.spawn([process.execPath, child, path], { stdout: "pipe", stderr: "inherit" });
  let said = "";
  let killing = false;
  for await (const piece of writer.stdout) {
    said += new TextDecoder().decode(piece);
    if (killing) continue;
    killing = true;
    setTimeout(() => writer.kill("SIGKILL"), delayMs);
  }
  await writer.exited;
  for (const word of said.split("\n").slice(0, -1)) {
    if (word.startsWith("b")) known.batch = Number(word.slice(1));
    else known.replacement = Number(word.slice(1));
  }
}

/** The replacement that the journal begins with; 0 where none was committed yet. */
async function check(known: { batch: number; replacement: number }): Promise<number> {
  const journal = openSqliteJournal({ path });
  try {
    const floor = journal.firstReadableRevision();
    const snapshot = await journal.readSnapshot();
    expect(snapshot?.revision ?? 0).toBe(floor);
    if (snapshot) expect(await all(snapshot.chunks)).toEqual(snapshotOf(floor));
    // What the child printed last is there. One more may be, which was not printed.
    expect(floor).toBeGreaterThanOrEqual(known.replacement);
    expect(journal.lastRevision()).toBeGreaterThanOrEqual(known.batch);
    let expected = floor;
    for await (const batch of journal.readBatches(0)) expect(batch).toEqual(variedBatch(++expected, 20));
    expect(expected).toBe(journal.lastRevision());
    return floor;
  } finally {
    await journal.close();
  }
}

test(`${rounds} kills during replacements leave the old or the new, whole`, async () => {
  const seed = Number(process.env.PODLING_TEST_SEED ?? Math.floor(performance.timeOrigin % 2 ** 32));
  const random = seededRandom(seed);
  const known = { batch: 0, replacement: 0 };
  const floors = new Set<number>();
  try {
    for (let round = 0; round < rounds; round++) {
      await killedChild(randomInteger(random, 200), known);
      if (round % 2 === 1 || round === rounds - 1) floors.add(await check(known));
    }
    expect(floors.size).toBeGreaterThan(2);
  } catch (error) {
    process.stderr.write(`PODLING_TEST_SEED=${seed} draws the same instants\n`);
    throw error;
  }
}, 120_000);
