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

function timed(step: () => void): number {
  const from = performance.now();
  step();
  return performance.now() - from;
}

/** Runs `step` for a while, after a short warm-up. */
function sampled(step: () => void): { perSecond: number; latency: Latency } {
  for (let warm = 0; warm < 50; warm++) step();
  const samples: number[] = [];
  let total = 0;
  while (total < secondsPerSize * 1000) {
    const took = timed(step);
    samples.push(took);
    total += took;
  }
  return { perSecond: Math.round((samples.length / total) * 1000), latency: latency(samples) };
}

function appendRate(changes: number) {
  const journal = openSqliteJournal({ path: join(folder, `append-${changes}.db`) });
  const batch = sampleBatch(1, changes);
  const { perSecond, latency } = sampled(() => journal.append({ ...batch, revision: journal.lastRevision() + 1 }));
  const bytes = JSON.stringify(batch).length;
  journal.close();
  return {
    changes,
    batchesPerSecond: perSecond,
    changesPerSecond: perSecond * changes,
    bytesPerChange: Math.round(bytes / changes),
    ...latency,
    rawSync: rawSync(bytes),
  };
}

/** The limit of the disk: the same bytes appended to a bare file, and synced. */
function rawSync(bytes: number): Latency {
  const file = openSync(join(folder, "raw"), "w");
  const body = new Uint8Array(bytes);
  const { latency } = sampled(() => {
    writeSync(file, body);
    fsyncSync(file);
  });
  closeSync(file);
  return latency;
}

/** The batches of tasks that are created, placed, run and completed. */
function writeHistory(journal: SqliteJournal): number {
  let bytes = 0;
  const append = (changes: Change[], revision: number) => {
    const batch: Batch = {
      ...sampleBatch(revision, 0),
      commands: [{ type: "createTask", by: "user:bench", count: tasksPerBatch }],
      changes,
    };
    bytes += JSON.stringify(batch).length;
    journal.append(batch);
  };
  const indexes = Array.from({ length: tasksPerBatch }, (_, index) => index);
  for (let done = 0; done < tasks; done += tasksPerBatch) {
    const revision = journal.lastRevision() + 1;
    append([...indexes.map((index) => created(revision, index)), ...lives(0)], revision);
    for (const step of [1, 2]) append(lives(step), revision + step);
    function lives(step: number): Change[] {
      return indexes.map((index) => lifeOf(revision, index)[step]!);
    }
  }
  return bytes;
}

function recovery() {
  const path = join(folder, "recovery.db");
  const writing = openSqliteJournal({ path });
  const bytes = writeHistory(writing);
  const last = writing.lastRevision();
  writing.close();

  let journal: SqliteJournal | null = null;
  const openMs = timed(() => {
    journal = openSqliteJournal({ path });
  });
  let changes = 0;
  const readMs = timed(() => {
    for (const batch of journal!.readBatches(0)) changes += batch.changes.length;
  });
  const sizeBytes = journal!.sizeBytes();
  const truncated = truncation(journal!);
  journal!.close();
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
function truncation(journal: SqliteJournal) {
  const lines = Array.from({ length: limits.snapshotChunkRecords }, (_, index) => JSON.stringify(created(1, index)));
  const chunk = lines.join("\n");
  const writer = journal.beginSnapshot(journal.lastRevision());
  const chunks: number[] = [];
  for (let done = 0; done < tasks; done += limits.snapshotChunkRecords) chunks.push(timed(() => writer.write(chunk)));
  const commitMs = timed(() => writer.commit());
  const truncateMs = timed(() => journal.truncate(journal.lastRevision()));
  const appends: number[] = [];
  for (let count = 0; count < 2_000; count++)
    appends.push(timed(() => journal.append(sampleBatch(journal.lastRevision() + 1, tasksPerBatch))));
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
  const appends = batchSizes.map(appendRate);
  const recovered = recovery();
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
