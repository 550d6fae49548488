// The record kinds whose records hold the template of tasks: the template is unpacked in memory, and packed in the log and for
// watchers.

import type { AnyStreamForm, Kind } from "../kinds/kind.ts";
import { type PackedSpec, type TaskSpec, unpackSpec } from "./spec.ts";

type Shared = "unpack" | "update" | "view" | "migrations";

/** The kind, from what is its own. */
export function templatedKind<
  Id extends string,
  R extends { readonly spec: TaskSpec },
  P extends { readonly spec: PackedSpec },
  S extends object,
  N extends string,
  E extends AnyStreamForm | null,
>(own: Omit<Kind<Id, R, P, S, N, E>, Shared>): Kind<Id, R, P, S, N, E> {
  return {
    ...own,
    unpack: (packed, shared) =>
      ({ ...packed, spec: shared.value(packed.spec, () => unpackSpec(packed.spec)) }) as object as R,
    update: (record, set: { readonly spec?: PackedSpec }) => ({
      ...record,
      ...set,
      spec: set.spec ? unpackSpec(set.spec) : record.spec,
    }),
    view: own.pack,
    migrations: [],
  };
}
