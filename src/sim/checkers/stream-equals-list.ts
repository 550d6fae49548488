// A client that lists once and then watches has what a list says, over every broken connection. Of every kind that watchers
// see.

import { type AnyKind, kinds, type WatchedKind, watchedKinds } from "../../model/kinds/kinds.ts";
import { listOperations } from "../workload/watch-client.ts";
import type { Checker } from "./checker.ts";

export const streamEqualsList: Checker = {
  name: "stream-equals-list",
  sentence: "A client that lists once and then watches has what a list says, over every broken connection.",
  class: "safety",
  hooks: ({ ask, list, watchClient, truth }, fail) => {
    let comparedAt = -1;
    /** `shown`: the records of a kind, as the master sent them. */
    const compare = (who: string, kind: WatchedKind, shown: ReadonlyMap<string, object>) => {
      const certain: ReadonlyMap<string, object> = truth.state.tables[kind];
      for (const [id, view] of shown) {
        const record = certain.get(id);
        if (record === undefined) fail(`${who} still has ${kind} ${id}, which was removed`);
        else if (!agrees(kind, record, view))
          fail(`${who} has ${kind} ${id} with another ${otherField(kind, record, view)}: it missed a change`);
      }
      if (shown.size < certain.size) fail(`${who} has ${shown.size} of ${certain.size} ${kinds[kind].plural}`);
    };
    const compareWatched = () => {
      for (const kind of watchedKinds) compare("the watch client", kind, watchClient.records.of(kind));
    };
    return {
      periodic() {
        // Only then is no event under way.
        const { revision } = truth.state;
        if (watchClient.revision !== revision || revision === comparedAt) return;
        comparedAt = revision;
        compareWatched();
      },
      async quiescent() {
        compareWatched();
        for (const { kind, path, versions } of listOperations) {
          const listed: object[] = kind === "task" ? await list() : await ask(path);
          if (versions !== null) {
            const names = listed.splice(0) as { name: string }[];
            for (const { name } of names) listed.push(...(await ask<object[]>(`${path}/${name}/versions`)));
          }
          compare("a list", kind, new Map(listed.map((view) => [(kinds[kind] as AnyKind).idOf(view), view])));
        }
      },
    };
  },
};

/** Of each view that was found to agree, the record that it agrees with: neither is ever changed in place. */
const agreed = new WeakMap<object, object>();

/** True if what was sent has every field of the record's view. The master may have added fields that it counts. */
function agrees(kind: WatchedKind, record: object, view: object): boolean {
  if (agreed.get(view) === record) return true;
  const expected = (kinds[kind] as AnyKind).view(record, "read");
  const text = JSON.stringify(expected);
  if (text !== JSON.stringify(view) && text !== JSON.stringify(withFieldsOf(expected, view))) return false;
  agreed.set(view, record);
  return true;
}

function withFieldsOf(expected: object, view: object): object {
  return Object.fromEntries(Object.keys(expected).map((key) => [key, view[key as never]]));
}

function otherField(kind: WatchedKind, record: object, view: object): string {
  const expected = (kinds[kind] as AnyKind).view(record, "read");
  const differs = ([key, value]: [string, unknown]) => JSON.stringify(value) !== JSON.stringify(view[key as never]);
  return Object.entries(expected).find(differs)?.[0] ?? "order of fields";
}
