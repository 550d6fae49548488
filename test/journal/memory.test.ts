// The memory journal: the contract, and how tests make it refuse.

import { expect, test } from "bun:test";
import { JournalUnavailable } from "../../src/journal/journal.ts";
import { openMemoryJournal } from "../../src/journal/memory/memory-journal.ts";
import { journalContract } from "./journal.contract.ts";
import { sampleBatch } from "./sample.ts";
import { append } from "./steps.ts";

journalContract({
  name: "memory",
  create: openMemoryJournal,
  createBreakable() {
    const journal = openMemoryJournal();
    return {
      journal,
      breakWrites: () => journal.refuseWrites("the disk is full"),
      fixWrites: () => journal.refuseWrites(null),
    };
  },
  createUnsure(outcome) {
    const journal = openMemoryJournal();
    return {
      journal,
      failSync: () => journal.scriptAppends(`unknown-${outcome}`),
      allowSync() {},
      breakWrites: () => journal.refuseWrites("the disk is full"),
      fixWrites: () => journal.refuseWrites(null),
    };
  },
  reopen: () => openMemoryJournal(),
  cleanUp() {},
  gaps: { durable: "memory is gone with its process" },
});

test("the memory journal refuses in the words it was given", async () => {
  const journal = openMemoryJournal();
  journal.refuseWrites("the disk is full");
  await expect(append(journal, sampleBatch(1))).rejects.toThrow(new JournalUnavailable("the disk is full"));
});
