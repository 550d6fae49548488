// The types and lookups that follow from the table of kinds.

import type { AnyStreamForm, Kind } from "./kind.ts";
import * as table from "./table.ts";

type Table = typeof table;
export type KindName = keyof Table;

type IdIn<K> = K extends Kind<infer Id, infer _R, infer _P, infer _S, infer _N, infer _E> ? Id : never;
type RecordIn<K> = K extends Kind<infer _Id, infer R, infer _P, infer _S, infer _N, infer _E> ? R : never;
type PackedIn<K> = K extends Kind<infer _Id, infer _R, infer P, infer _S, infer _N, infer _E> ? P : never;
type UpdateIn<K> = K extends Kind<infer _Id, infer _R, infer _P, infer S, infer _N, infer _E> ? S : never;
type PluralIn<K> = K extends Kind<infer _Id, infer _R, infer _P, infer _S, infer N, infer _E> ? N : never;

export type IdOf<K extends KindName> = IdIn<Table[K]>;
export type RecordOf<K extends KindName> = RecordIn<Table[K]>;
export type PackedOf<K extends KindName> = PackedIn<Table[K]>;
export type UpdateOf<K extends KindName> = UpdateIn<Table[K]>;

/** A kind whose types are not known: for code that treats all kinds alike. */
export type AnyKind = Kind<string, object, object, object, string, AnyStreamForm | null>;

export const kinds: Readonly<Record<KindName, AnyKind>> & Table = { ...table } as never;
/** By position. */
export const kindNames = (Object.keys(table) as KindName[]).sort((a, b) => kinds[a].position - kinds[b].position);

/** The kinds of which a cluster holds many records: all but the record of the cluster itself. */
export type ListedKind = Exclude<KindName, "cluster">;
export const listedKinds = kindNames.filter((kind) => kind !== "cluster") as ListedKind[];

/** The kinds whose changes watchers see. */
export type WatchedKind = { [K in KindName]: Table[K]["stream"] extends null ? never : K }[KindName];
export const watchedKinds = kindNames.filter(isWatched);

export function isWatched(kind: KindName): kind is WatchedKind {
  return (kinds[kind] as AnyKind).stream !== null;
}

type StreamOf<K extends WatchedKind> = Table[K]["stream"];

/** The record as an event carries it. */
export type WatchedView<K extends WatchedKind> =
  StreamOf<K> extends { readonly _view?: infer V extends object } ? V : never;
/** What an event has of a removed record. */
export type WatchedRemoval<K extends WatchedKind> =
  StreamOf<K> extends { removedFields: readonly (infer F)[] } ? Pick<WatchedView<K>, F & keyof WatchedView<K>> : never;
/** The type of the event for a new record. */
export type WatchedCreation<K extends WatchedKind> =
  StreamOf<K> extends { createdType?: infer C extends string } ? ([C] extends [never] ? `${K}.created` : C) : never;

type MasterFieldOf<K extends WatchedKind> = StreamOf<K> extends { masterFields?: readonly (infer M)[] } ? M : never;

/** For each kind that has such fields: gives those of a record. */
export type MasterFields = {
  [K in WatchedKind as MasterFieldOf<K> extends never ? never : K]: (
    record: RecordOf<K>,
  ) => Pick<WatchedView<K>, MasterFieldOf<K> & keyof WatchedView<K>>;
};

/** One value for each of these kinds, under the kind's plural name: {nodes: ..., tasks: ...}. */
export type PerListedKind<T> = { [K in ListedKind as PluralIn<Table[K]>]: T };

export function perListedKind<T>(make: (kind: ListedKind) => T): PerListedKind<T> {
  return Object.fromEntries(listedKinds.map((kind) => [kinds[kind].plural, make(kind)])) as PerListedKind<T>;
}

export function isKind(name: string): name is KindName {
  return Object.hasOwn(kinds, name);
}

/** The singular or plural of a kind as names of schemas and operations have it: "Task" for "task", "Nodes" for "nodes". */
export function capitalised(name: string): string {
  return `${name.slice(0, 1).toUpperCase()}${name.slice(1)}`;
}
