// Checks of a container's configs that a schema of one field cannot make.

import type { ContainerFields } from "./check-options.ts";
import { contentsOf, fieldOfKind, hasContents, targetOf, type UsedContent } from "./content-fields.ts";
import type { Mistake } from "./mistake.ts";
import { normalPath } from "./needs.ts";

/** The first mistake; null if there is none. */
export function contentMistake(input: ContainerFields): Mistake | null {
  if (!hasContents(input)) return null;
  const targets = new Set(input.mounts?.map(({ target }) => normalPath(target)));
  const variables = new Set(Object.keys(input.env ?? {}));
  const counts = new Map<string, number>();
  for (const used of contentsOf(input)) {
    const list = fieldOfKind[used.kind];
    const index = counts.get(list) ?? 0;
    counts.set(list, index + 1);
    const mistake = contradiction(used, `${list}[${index}]`) ?? taken(used, `${list}[${index}]`, targets, variables);
    if (mistake) return mistake;
  }
  return null;
}

/** What excludes what. */
function contradiction({ reference }: UsedContent, field: string): Mistake | null {
  const { env, target, uid, gid, mode, onChange, signal } = reference;
  if (env !== undefined && (target ?? uid ?? gid ?? mode) !== undefined) {
    const message = "an environment variable has no path, owner and mode";
    return { field, message, hint: "Leave out env, or target, uid, gid and mode." };
  }
  if (env !== undefined && onChange === "signal") {
    const message = "an environment variable does not change while its container runs";
    return { field, message, hint: "Use a file (target), or onChange restart." };
  }
  if (signal !== undefined && onChange !== "signal") {
    return { field, message: "signal is for onChange signal", hint: "Leave it out, or set onChange to signal." };
  }
  if (reference.version !== undefined && onChange !== undefined) {
    const message = "a container that always has one version has no later one";
    return { field, message, hint: "Leave out version, or onChange." };
  }
  return null;
}

function taken(used: UsedContent, field: string, targets: Set<string>, variables: Set<string>): Mistake | null {
  const { env } = used.reference;
  const place = env ?? normalPath(targetOf(used)!);
  const places = env === undefined ? targets : variables;
  if (place === "/") {
    return { field, message: "a file cannot be mounted on /", hint: "Choose a path, such as /etc/app.conf." };
  }
  if (places.has(place)) {
    const message = env === undefined ? `${place} is mounted twice` : `the variable ${place} is set twice`;
    return { field, message, hint: "Give each its own." };
  }
  places.add(place);
  return null;
}
