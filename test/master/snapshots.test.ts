// Snapshots while the log grows: the log stays bounded, a restart does not reset the count, and a failed snapshot is
// tried again.

import { expect, test } from "bun:test";
import { ClusterState } from "../../src/core/state/cluster-state.ts";
import { openMemoryJournal } from "../../src/journal/memory/memory-journal.ts";
import type { Clock } from "../../src/lib/clock.ts";
import { silentLog } from "../../src/lib/log.ts";
import { Snapshots } from "../../src/master/loop/snapshots.ts";
import { dataFormat } from "../../src/model/change.ts";
import { limits } from "../../src/model/limits.ts";
import { until } from "../../tools/lab/until.ts";

async function world(changesInLog: number) {
  const journal = openMemoryJournal();
  const lease = await journal.acquire();
  const state = new ClusterState();
  let now = 0;
  const clock: Clock = {
    now: () => now,
    elapsed: () => now,
    timer: () => () => {},
    soon: (fire) => void setImmediate(fire),
  };
  const snapshots = new Snapshots({
    state,
    journal,
    clock,
    log: silentLog,
    changesInLog,
    history: { ms: 0, bytes: Number.POSITIVE_INFINITY },
    onFatal: (error) => {
      throw error;
    },
  });
  const grow = async (changes: number) => {
    state.revision++;
    await journal.append(
      { format: dataFormat, revision: state.revision, at: now, epoch: 1, seed: 0, commands: [], changes: [] },
      lease,
    );
    commit(changes);
  };
  const commit = (changes: number) => snapshots.committed({ changes: new Array(changes) });
  const pass = (ms: number) => {
    now += ms;
  };
  return { journal, snapshots, grow, commit, pass };
}

test("a snapshot is written after a number of changes, and the log before the previous one is removed", async () => {
  const { journal, snapshots, grow } = await world(0);
  await grow(limits.snapshotChanges - 1);
  expect(await journal.readSnapshot()).toBeNull();
  await grow(1);
  await until("the first snapshot", () => snapshots.taken === 1);
  expect((await journal.readSnapshot())?.revision).toBe(2);
  await grow(limits.snapshotChanges);
  await until("the second snapshot", () => snapshots.taken === 2);
  expect((await journal.readSnapshot())?.revision).toBe(3);
  await until("the truncation", () => journal.firstReadableRevision() === 2);
});

test("changes that were in the log at the start count", async () => {
  const { snapshots, grow } = await world(limits.snapshotChanges - 1);
  await grow(1);
  await until("a snapshot", () => snapshots.taken === 1);
});

test("after a refusal it is tried again after a pause", async () => {
  const { journal, snapshots, grow, commit, pass } = await world(0);
  await grow(1);
  journal.refuseWrites("no space left");
  commit(limits.snapshotChanges);
  await snapshots.pause(); // resolves when the refusal has been seen
  snapshots.resume();
  journal.refuseWrites(null);
  commit(1);
  expect(snapshots.taken).toBe(0);
  pass(limits.snapshotRetryMs);
  commit(1);
  await until("a snapshot", () => snapshots.taken === 1);
});
