// A restore while other requests are served: what it has checked must still hold when it replaces the log.

import { expect, test } from "bun:test";
import { World } from "../../core/test-world.ts";
import { openMemoryJournal } from "../../journal/memory/memory-journal.ts";
import { systemClock } from "../../lib/clock.ts";
import { restore } from "./restores.ts";

test("a task that is created while a backup of another cluster is written is not lost", async () => {
  const world = new World();
  const backup = new World();
  const journal = openMemoryJournal();
  let resumed = 0;
  const writes = {
    pause: async () => {
      world.task("new");
    },
    resume: () => resumed++,
  };
  const manifest = {
    podling: "backup" as const,
    ...{
      format: 2,
      clusterId: "another",
      revision: 0,
      epoch: 0,
      at: "",
      version: "",
      nodes: 0,
      tasks: 0,
      services: 0,
      volumes: 0,
      revisions: 0,
      jobs: 0,
      configs: 0,
      secrets: 0,
      schedules: 0,
      apps: 0,
      appRevisions: 0,
      credentials: 0,
      addresses: 0,
    },
  };
  const target = { state: world.state, journal, clock: systemClock, term: { stopping: false }, writes };
  const snapshots = { pause: async () => {}, resume: () => {} };
  const outcome = await restore({ ...target, snapshots }, { manifest, state: backup.state }, {});
  expect(outcome).toMatchObject({ ok: false, refusal: { code: "other-cluster" } });
  expect([resumed, journal.lastRevision()]).toEqual([1, 0]);
});
