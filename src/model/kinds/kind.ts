// What a record kind is, as data. The state, the log, snapshots, backups, restore, streams, the API description and the
// simulation work on every kind of the table (kinds.ts) through this interface alone.

import type { z } from "zod";

/** On whose behalf a record leaves the master. */
export type Role = "read" | "write" | "node";

/** A record in one sentence's worth of words: for the comparison of a backup with the current state. */
export interface RecordSummary {
  name: string;
  status: string;
  /** True when removing the record stops something that runs. */
  live: boolean;
}

/** R: the record in memory. V: the same in an event. F: `removedFields`. C: `createdType`. M: `masterFields`. */
export interface StreamForm<
  R extends object,
  V extends object,
  F extends keyof R & keyof V & string,
  C extends string = never,
  M extends keyof V & string = never,
> {
  /** The type of the event for a new record; left out: KIND.created. */
  createdType?: C;
  /** The event for a removed record has only these fields of it: those that identify it. */
  removedFields: readonly F[];
  /** Fields of the view that the master counts or measures: they are not in the record. Left out if there are none. */
  masterFields?: readonly M[];
  /** Carries the type of the record in an event; never has a value. */
  readonly _view?: V;
}

/** A stream form whose types are not known. */
export interface AnyStreamForm {
  createdType?: string;
  removedFields: readonly string[];
  masterFields?: readonly string[];
}

/** How records of an older data format become those of `to`. Each function gets and returns parsed JSON. */
export interface Migration {
  to: number;
  record?(packed: Record<string, unknown>, context: MigrationContext): Record<string, unknown>;
  update?(set: Record<string, unknown>, context: MigrationContext): Record<string, unknown>;
}

/** The batch or snapshot that the record comes from. */
export interface MigrationContext {
  revision: number;
  /** ms since the epoch; 0 for a snapshot. */
  at: number;
}

/** Finds the one copy of a value that many records have in common. */
export interface Shared {
  /** What `make` gave for the first object that was written the same. */
  value<T extends object>(packed: object, make: () => T): T;
  /** What `make` gave for this very object, if several records of a chunk hold it; else what `make` gives. */
  once<T extends object>(packed: object, make: () => T): T;
}

/** Gives values their numbers, and the same number to the same value. */
export interface Numbers {
  /** `as`: the text has it in the place of `value`. */
  numberOf(value: object | string, as?: object | string): number;
}

/**
 * How a snapshot writes many records: a value that several have in common is written once, and they hold its number.
 * `shared` are values of the whole snapshot, `near` those of one chunk of it.
 */
export interface ChunkForm<R extends object, P extends object> {
  numbered(record: R, packed: P, shared: Numbers, near: Numbers): object;
  /**
   * Puts the values in the place of their numbers, in the object itself: then it is the packed record. True when all that
   * records may have in common was written as a number. Throws an InvariantError if there is no such value.
   */
  fillIn(numbered: object, shared: readonly object[], near: readonly (object | string)[]): boolean;
}

/**
 * Id: the type of its ids. R: the record in memory. P: the same as the log writes it. S: what an update sets. N: its
 * plural name. E: how watchers see its changes, null if they do not.
 */
export interface Kind<
  Id extends string,
  R extends object,
  P extends object,
  S extends object,
  N extends string,
  E extends AnyStreamForm | null = StreamForm<R, R, keyof R & string>,
> {
  /** "tasks": as backups and restore summaries name many of them. */
  plural: N;
  /** Snapshots hold kinds in ascending position: a kind that refers to another has the higher one. */
  position: number;
  /** Also of a view, and of what an event says of a removed record: the id has the same name there. */
  idOf(record: R | P): Id;
  pack(record: R): P;
  unpack(packed: P, shared: Shared): R;
  /** The record with an update applied; the record given is not changed. */
  update(record: R, set: S, shared?: Shared): R;
  /** The field of packed records and updates whose value many have in common: a batch writes each value once. */
  sharedField?: keyof P & string;
  /** Left out: a snapshot has a line for each packed record. */
  chunkForm?: ChunkForm<R, P>;
  /**
   * A packed record with an update applied. A record that a tick creates and then changes is written once, at the place
   * of its last change. Left out where other records of the batch may need the record before that.
   */
  merge?(record: P, set: S): P;
  /** What leaves the master. Never carries a secret. */
  view(record: R, role: Role): object;
  /** That view for the role "read" as JSON text; left out where JSON.stringify of the view is fast enough. */
  viewText?(record: R): string;
  summary(record: R): RecordSummary;
  /** How watchers see its changes; null if they do not. */
  stream: E;
  /** Throws an InvariantError if no transition leads from `before` to `after`. */
  assertTransition?(before: R, after: R): void;
  /** Loads the schema of packed records: the check of a backup. */
  loadSchema(): Promise<z.ZodType>;
  /** Loads the schema of what leaves the master, where it differs from the record: the description of the API. */
  loadViewSchema?(): Promise<z.ZodType>;
  /** Which data formats it has had. Ascending by `to`. */
  migrations: readonly Migration[];
  /** How many records a cluster may hold. A command that would create more is refused. */
  limit: number;
  /** The text of that refusal; left out: a sentence with the plural name. */
  whenFull?(count: number): { message: string; hint: string };
  /** When records are removed without a command, in words. */
  retention: string;
}
