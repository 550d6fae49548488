// kill -9 of a writing process, some dozens of times on one file, at instants drawn from a seed: everything that it had
// acknowledged is there afterwards. What a process has written survives it also without a sync, so a second test traces
// the system calls: each acknowledgement follows a sync.

import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openSqliteJournal } from "../../src/journal/sqlite/sqlite-journal.ts";
import { randomInteger, seededRandom } from "../../src/lib/random.ts";
import { snapshotOf, variedBatch } from "./sample.ts";
import { all, read } from "./steps.ts";

const rounds = 40;
const folder = mkdtempSync(join(tmpdir(), "podling-journal-crash-"));
const path = join(folder, "journal.db");
const writer = join(import.meta.dir, "crash-child.ts");

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Why system calls cannot be watched here, or null. */
function noTrace(): string | null {
  if (Bun.which("strace") === null) return "strace is not installed";
  return Bun.spawnSync(["strace", "-o", "/dev/null", "true"]).exitCode === 0 ? null : "strace may not trace here";
}

interface Acknowledged {
  batch: number;
  snapshot: number;
  truncation: number;
}

/** Notes what the child had printed when it was killed, `delayMs` after so many lines. */
async function killedWriter(words: number, delayMs: number, known: Acknowledged): Promise<void> {
  const child = Bun.spawn([process.execPath, writer, path], {
    stdout: "pipe",
    stderr: "inherit",
  });
  let said = "";
  let killing = false;
  for await (const piece of child.stdout) {
    said += new TextDecoder().decode(piece);
    // By the number of lines, not by time: a busy machine prints fewer in the same time.
    if (killing || said.split("\n").length <= words) continue;
    killing = true;
    setTimeout(() => child.kill("SIGKILL"), delayMs);
  }
  await child.exited;
  expect(child.signalCode).toBe("SIGKILL");
  for (const word of said.split("\n").slice(0, -1)) {
    const revision = Number(word.slice(1));
    if (word.startsWith("b")) known.batch = revision;
    else if (word.startsWith("s")) known.snapshot = revision;
    else known.truncation = revision;
  }
}

async function check(known: Acknowledged): Promise<void> {
  const journal = openSqliteJournal({ path });
  try {
    // At most one batch was durable and not yet printed.
    expect(journal.lastRevision() - known.batch).toBeOneOf([0, 1]);
    const floor = journal.firstReadableRevision();
    expect(floor).toBeGreaterThanOrEqual(known.truncation);
    let expected = floor;
    for await (const batch of journal.readBatches(0)) expect(batch).toEqual(variedBatch(++expected, 60));
    expect(expected).toBe(journal.lastRevision());

    const snapshot = await journal.readSnapshot();
    expect(snapshot?.revision ?? 0).toBeGreaterThanOrEqual(known.snapshot);
    if (snapshot) expect(await all(snapshot.chunks)).toEqual(snapshotOf(snapshot.revision));
    if (floor > 0) expect((await read(journal, floor))!.chunks).toEqual(snapshotOf(floor));
  } finally {
    await journal.close();
  }
}

test(`${rounds} kills during appends, snapshots and truncation lose nothing that was acknowledged`, async () => {
  const seed = Number(process.env.PODLING_TEST_SEED ?? Math.floor(performance.timeOrigin % 2 ** 32));
  const random = seededRandom(seed);
  const known: Acknowledged = { batch: 0, snapshot: 0, truncation: 0 };
  try {
    for (let round = 0; round < rounds; round++) {
      await killedWriter(randomInteger(random, 150), randomInteger(random, 10), known);
      // The check closes the journal properly, so every other round continues with the file as the crash left it.
      if (round % 2 === 1 || round === rounds - 1) await check(known);
    }
    expect(known.batch).toBeGreaterThan(rounds);
    expect(known.truncation).toBeGreaterThan(0);
    expect(statSync(path).size).toBeLessThan(32 * 1024 * 1024);
  } catch (error) {
    process.stderr.write(`PODLING_TEST_SEED=${seed} draws the same instants\n`);
    throw error;
  }
}, 120_000);

const reason = noTrace();
test.skipIf(reason !== null)(`nothing is acknowledged before a sync${reason === null ? "" : ` [${reason}]`}`, () => {
  const trace = join(folder, "trace");
  const calls = ["strace", "-f", "-e", "trace=write,fsync,fdatasync", "-o", trace];
  Bun.spawnSync([...calls, process.execPath, writer, join(folder, "traced.db"), "100"]);
  let synced = false;
  const acknowledged = { b: 0, s: 0, t: 0 };
  for (const line of readFileSync(trace, "utf8").split("\n")) {
    if (/ (fsync\(\d+\)|fdatasync\(\d+\)|<\.\.\. (fsync|fdatasync) resumed>\)) += 0/.test(line)) synced = true;
    const word = / write\(1, "([bst])\d+\\n"/.exec(line)?.[1] as "b" | "s" | "t" | undefined;
    if (word === undefined) continue;
    expect(synced).toBe(true);
    synced = false;
    acknowledged[word]++;
  }
  expect(acknowledged.b).toBeGreaterThanOrEqual(100);
  expect(Math.min(acknowledged.s, acknowledged.t)).toBeGreaterThan(0);
});
