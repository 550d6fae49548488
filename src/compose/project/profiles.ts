// Profiles: a service that has some is left out, unless one of them is enabled. `*` enables all.

import type { Findings } from "../findings.ts";
import {
  child,
  type Entry,
  entriesOf,
  itemsOf,
  type Mapping,
  mapping,
  plain,
  textOf,
  withEntries,
} from "../tree/tree.ts";

export interface Profiled {
  document: Mapping;
  /** Services that are left out, each with its profiles. */
  leftOut: ReadonlyMap<string, readonly string[]>;
}

export function withProfiles(document: Mapping, enabled: readonly string[], findings: Findings): Profiled {
  const services = child(document, "services");
  if (services?.kind !== "mapping") return { document, leftOut: new Map() };
  const kept: [string, Entry][] = [];
  const leftOut = new Map<string, string[]>();
  const known = new Set<string>();
  for (const [name, entry] of services.entries) {
    const profiles = itemsOf(child(entry.value, "profiles")).map((item) => textOf(item) ?? "");
    for (const profile of profiles) known.add(profile);
    const isEnabled = profiles.length === 0 || profiles.some((one) => enabled.includes(one)) || enabled.includes("*");
    if (isEnabled) kept.push([name, entry]);
    else leftOut.set(name, profiles);
  }
  const result = withEntries(document, { services: mapping(kept, services.place) });
  const unknown = enabled.filter((profile) => profile !== "*" && !known.has(profile));
  for (const profile of unknown) {
    const next = known.size === 0 ? "No service has profiles." : `Its profiles are: ${[...known].join(", ")}.`;
    findings.warn(services.place, "profiles", `no service has the profile ${JSON.stringify(profile)}`, next);
  }
  return { document: withoutOptional(result, leftOut), leftOut };
}

/** Without the dependencies on left-out services that are not required. */
function withoutOptional(document: Mapping, leftOut: ReadonlyMap<string, unknown>): Mapping {
  const services = child(document, "services") as Mapping;
  const entries = new Map(services.entries);
  for (const [name, { place, value }] of services.entries) {
    const depends = child(value, "depends_on");
    if (value.kind !== "mapping" || depends?.kind !== "mapping") continue;
    const needed = entriesOf(depends).filter(([other, entry]) => !leftOut.has(other) || isRequired(entry));
    if (needed.length === depends.entries.size) continue;
    const changed = needed.length === 0 ? undefined : mapping(needed, depends.place);
    entries.set(name, { place, value: withEntries(value, { depends_on: changed }) });
  }
  return withEntries(document, { services: mapping(entries, services.place) });
}

function isRequired({ value }: Entry): boolean {
  const required = child(value, "required");
  return !required || plain(required) !== false;
}
