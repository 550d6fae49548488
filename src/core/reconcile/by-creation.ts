// The order in which records are looked at in one tick: by the second of their creation, then by name. The rest of an id was
// drawn, and must decide nothing: a plan of the same commands draws other ids.

import { compareTexts } from "../../lib/compare-texts.ts";

/** `nameOf`: empty for a record that is gone. */
export function byCreation<Id extends string>(ids: readonly Id[], nameOf: (id: Id) => string): readonly Id[] {
  if (ids.length < 2) return ids;
  const named = ids.map((id) => ({ id, key: `${id.slice(0, secondLength)} ${nameOf(id)}` }));
  named.sort((left, right) => compareTexts(left.key, right.key));
  return named.map(({ id }) => id);
}

const secondLength = "20250119123456".length;
