// How fast the SQLite journal appends, recovers and truncates: `bun bench/journal.ts [--json] [--dir FOLDER]`. The folder
// chooses the disk. A raw write and fsync of the same bytes is measured beside each batch size.

import { closeSync, fsyncSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openSqliteJournal, type SqliteJournal } from "../src/journal/sqlite/sqlite-journal.ts";
import type { Batch, Change } from "../src/model/change.ts";
import { limits } from "../src/model/limits.ts";
import { created, lifeOf, sampleBatch } from "../test/journal/sample.ts";

const batchSizes = [1, 8, 32, 256];
const secondsPerSize = 1.5;
const tasks = 100_000;
const tasksPerBatch = 32;

const parent = process.argv.includes("--dir") ? process.argv[process.argv.indexOf("--dir") + 1]! : tmpdir();
const folder = mkdtempSync(join(parent, "podling-bench-journal-"));

interface Latency {
  p50Ms: number;
  p99Ms: number;
  maxMs: number;
}

function latency(samples: number[]): Latency {
  const sorted = samples.toSorted((a, b) => a - b);
  const at = (share: number) => round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0);
  return { p50Ms: at(0.5), p99Ms: at(0.99), maxMs: at(1) };
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}

async function timed(step: () => unknown): Promise<number> {
  const from = performance.now();
  await step();
  return performance.now() - from;
}

/** Runs `step` for a while, after a short warm-up. */
async function sampled(step: () => unknown): Promise<{ perSecond: number; latency: Latency }> {
  for (let warm = 0; warm < 50; warm++) await step();
  const samples: number[] = [];
  let total = 0;
  while (total < secondsPerSize * 1000) {
    const took = await timed(step);
    samples.push(took);
    total += took;
  }
  return { perSecond: Math.round((samples.length / total) * 1000), latency: latency(samples) };
}

async function appendRate(changes: number) {
  const journal = openSqliteJournal({ path: join(folder, `append-${changes}.db`) });
  const lease = await journal.acquire();
  const batch = sampleBatch(1, changes);
  const { perSecond, latency } = await sampled(() =>
    journal.append({ ...batch, revision: journal.lastRevision() + 1 }, lease),
  );
  const bytes = JSON.stringify(batch).length;
  await journal.close();
  return {
    changes,
    batchesPerSecond: perSecond,
    changesPerSecond: perSecond * changes,
    bytesPerChange: Math.round(bytes / changes),
    ...latency,
    rawSync: await rawSync(bytes),
  };
}

/** The limit of the disk: the same bytes appended to a bare file, and synced. */
async function rawSync(bytes: number): Promise<Latency> {
  const file = openSync(join(folder, "raw"), "w");
  const body = new Uint8Array(bytes);
  const { latency } = await sampled(() => {
    writeSync(file, body);
    fsyncSync(file);
  });
  closeSync(file);
  return latency;
}

/** The batches of tasks that are created, placed, run and completed. */
async function writeHistory(journal: SqliteJournal): Promise<number> {
  const lease = await journal.acquire();
  let bytes = 0;
  const append = async (changes: Change[], revision: number) => {
    const batch: Batch = {
      ...sampleBatch(revision, 0),
      commands: [{ type: "createTask", by: "user:bench", count: tasksPerBatch }],
      changes,
    };
    bytes += JSON.stringify(batch).length;
    await journal.append(batch, lease);
  };
  const indexes = Array.from({ length: tasksPerBatch }, (_, index) => index);
  for (let done = 0; done < tasks; done += tasksPerBatch) {
    const revision = journal.lastRevision() + 1;
    await append([...indexes.map((index) => created(revision, index)), ...lives(0)], revision);
    for (const step of [1, 2]) await append(lives(step), revision + step);
    function lives(step: number): Change[] {
      return indexes.map((index) => lifeOf(revision, index)[step]!);
    }
  }
  return bytes;
}

async function recovery() {
  const path = join(folder, "recovery.db");
  const writing = openSqliteJournal({ path });
  const bytes = await writeHistory(writing);
  const last = writing.lastRevision();
  await writing.close();

  let journal: SqliteJournal | null = null;
  const openMs = await timed(() => {
    journal = openSqliteJournal({ path });
  });
  let changes = 0;
  const readMs = await timed(async () => {
    for await (const batch of journal!.readBatches(0)) changes += batch.changes.length;
  });
  const sizeBytes = journal!.sizeBytes();
  const truncated = await truncation(journal!);
  await journal!.close();
  return {
    tasks,
    batches: last,
    changes,
    openMs: round(openMs),
    readMs: round(readMs),
    bodyBytesPerChange: Math.round(bytes / changes),
    diskBytesPerChange: Math.round(sizeBytes / changes),
    fileMB: round(sizeBytes / 1e6),
    ...truncated,
  };
}

/** A snapshot of that many tasks, the truncation, and the appends that remove the truncated rows. */
async function truncation(journal: SqliteJournal) {
  const lease = await journal.acquire();
  const lines = Array.from({ length: limits.snapshotChunkRecords }, (_, index) => JSON.stringify(created(1, index)));
  const chunk = lines.join("\n");
  const writer = await journal.beginSnapshot(journal.lastRevision());
  const chunks: number[] = [];
  for (let done = 0; done < tasks; done += limits.snapshotChunkRecords)
    chunks.push(await timed(() => writer.write(chunk)));
  const commitMs = await timed(() => writer.commit());
  const truncateMs = await timed(() => journal.truncate(journal.lastRevision()));
  const appends: number[] = [];
  for (let count = 0; count < 2_000; count++)
    appends.push(await timed(() => journal.append(sampleBatch(journal.lastRevision() + 1, tasksPerBatch), lease)));
  return {
    snapshotChunk: latency(chunks),
    snapshotCommitMs: round(commitMs),
    truncateMs: round(truncateMs),
    appendWhileSweeping: latency(appends),
    fileMBAfterTruncation: round(journal.sizeBytes() / 1e6),
  };
}

function spread({ p50Ms, p99Ms, maxMs }: Latency): string {
  return `${p50Ms} / ${p99Ms} / ${maxMs}`;
}

try {
  const appends = [];
  for (const size of batchSizes) appends.push(await appendRate(size));
  const recovered = await recovery();
  if (process.argv.includes("--json")) {
    process.stdout.write(`${JSON.stringify({ appends, recovery: recovered })}\n`);
  } else {
    const lines = [
      "changes  batches/s  changes/s  bytes/change  append p50/p99/max ms    bare write+fsync p50/p99/max ms",
      ...appends.map((row) =>
        [
          String(row.changes).padStart(7),
          String(row.batchesPerSecond).padStart(9),
          String(row.changesPerSecond).padStart(9),
          String(row.bytesPerChange).padStart(12),
          spread(row).padEnd(23),
          spread(row.rawSync),
        ].join("  "),
      ),
      "",
      `${recovered.tasks} tasks, ${recovered.changes} changes in ${recovered.batches} batches, ${recovered.fileMB} MB`,
      `  open ${recovered.openMs} ms, read and parse ${recovered.readMs} ms`,
      `  bytes a change: ${recovered.bodyBytesPerChange} as JSON, ${recovered.diskBytesPerChange} on disk`,
      `  snapshot chunk ${spread(recovered.snapshotChunk)} ms, its commit ${recovered.snapshotCommitMs} ms`,
      `  truncate ${recovered.truncateMs} ms, appends that sweep ${spread(recovered.appendWhileSweeping)} ms`,
      `  file after that ${recovered.fileMBAfterTruncation} MB`,
    ];
    process.stdout.write(`${lines.join("\n")}\n`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
