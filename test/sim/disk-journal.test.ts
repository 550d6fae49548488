// The simulated disk's journal: the contract of every journal, and what a crash leaves of an append under way.

import { expect, test } from "bun:test";
import { seededRandom } from "../../src/lib/random.ts";
import { SimulatedDisk } from "../../src/sim/world/disk.ts";
import { DiskJournal } from "../../src/sim/world/disk-journal.ts";
import { journalContract } from "../journal/journal.contract.ts";
import { sampleBatch } from "../journal/sample.ts";
import { append, batchesAfter } from "../journal/steps.ts";

const disks = new WeakMap<DiskJournal, SimulatedDisk>();

function open(disk = new SimulatedDisk(seededRandom(1))): DiskJournal {
  const journal = new DiskJournal(disk, (_, done) => done());
  disks.set(journal, disk);
  return journal;
}

journalContract({
  name: "simulated disk",
  create: open,
  createBreakable() {
    const disk = new SimulatedDisk(seededRandom(1));
    return {
      journal: open(disk),
      breakWrites: () => {
        disk.trouble = "full";
      },
      fixWrites: () => {
        disk.trouble = "none";
      },
    };
  },
  createUnsure(outcome) {
    const disk = new SimulatedDisk(seededRandom(1));
    return {
      journal: open(disk),
      failSync() {
        disk.drawSyncFate = () => `unknown-${outcome}`;
      },
      allowSync() {
        disk.drawSyncFate = () => "known";
      },
      breakWrites() {
        disk.trouble = "full";
      },
      fixWrites() {
        disk.trouble = "none";
      },
    };
  },
  reopen: (journal) => open(disks.get(journal as DiskJournal)!),
  cleanUp() {},
  gaps: {},
});

test("a crash during a sync leaves the batch whole or not at all, and what was synced always", async () => {
  const outcomes = new Set<number>();
  for (let seed = 0; seed < 50; seed++) {
    const disk = new SimulatedDisk(seededRandom(seed));
    const journal = open(disk);
    await append(journal, sampleBatch(1));
    disk.syncMs = { min: 5, max: 5 };
    // The sync is never done: the machine goes before.
    const stuck = new DiskJournal(disk, () => {});
    void stuck.append(sampleBatch(2), await stuck.acquire());
    disk.crash();
    const found = await batchesAfter(open(disk), 0);
    expect(found[0]).toEqual(sampleBatch(1));
    if (found.length > 1) expect(found[1]).toEqual(sampleBatch(2));
    outcomes.add(found.length);
  }
  expect([...outcomes].sort()).toEqual([1, 2]);
});
