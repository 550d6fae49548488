// What the contract of journals needs to know of an adapter, with the gaps that the adapter declares.

import { test } from "bun:test";
import type { Journal } from "../../src/journal/journal.ts";

export interface JournalSubject {
  name: string;
  /** An empty journal. */
  create(): Journal;
  /** A journal whose writes can be made to fail as on a full disk, and to work again. */
  createBreakable(): { journal: Journal; breakWrites(): void; fixWrites(): void };
  /** A journal whose next append can be made to end as unknown: the batch is there afterwards, or it is not. */
  createUnsure(outcome: "kept" | "lost"): {
    journal: Journal;
    failSync(): void;
    allowSync(): void;
    breakWrites(): void;
    fixWrites(): void;
  };
  /** Opens what this journal has left after its close. */
  reopen(journal: Journal): Journal;
  /** After each test. */
  cleanUp(): void | Promise<void>;
  gaps: { durable?: string; breakable?: string; lost?: string };
}

/** Registers a test, or names why this adapter cannot pass it. */
export type Works = (name: string, body: () => Promise<void>) => void;

/** A test that an adapter cannot pass is named with the reason. */
export function gapped(reason: string | undefined): Works {
  return (name, body) => (reason === undefined ? test(name, body) : test.skip(`${name} [${reason}]`, body));
}
