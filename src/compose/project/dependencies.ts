// What services depend on: `depends_on` with its defaults, and what other keys imply, such as `network_mode: service:db`.

import {
  child,
  type Entry,
  entriesOf,
  itemsOf,
  type Mapping,
  made,
  mapping,
  scalar,
  type Tree,
  textOf,
  withEntries,
} from "../tree/tree.ts";

const namespaces = ["network_mode", "ipc", "pid", "uts", "cgroup"];

/** The document in which `depends_on` names every service that a service needs, each with condition and required. */
export function withDependencies(document: Mapping): Mapping {
  const services = child(document, "services");
  if (services?.kind !== "mapping") return document;
  const entries = new Map<string, Entry>();
  for (const [name, entry] of services.entries) entries.set(name, { ...entry, value: withOwn(entry.value) });
  return withEntries(document, { services: mapping(entries, services.place) });
}

function withOwn(service: Tree): Tree {
  if (service.kind !== "mapping") return service;
  const before = child(service, "depends_on");
  if (before && before.kind !== "mapping") return service;
  const entries = new Map<string, Entry>();
  for (const [name, entry] of entriesOf(before)) entries.set(name, { ...entry, value: withDefaults(entry.value) });
  const imply = (tree: Tree, name: string, restart: boolean) => {
    if (entries.has(name)) return;
    const value = made({ condition: "service_started", restart, required: true }, tree.place);
    entries.set(name, { place: tree.place, value });
  };
  for (const link of itemsOf(child(service, "links"))) imply(link, (textOf(link) ?? "").split(":", 1)[0]!, true);
  for (const key of namespaces) {
    const tree = child(service, key);
    const name = /^service:(.+)$/.exec(textOf(tree) ?? "")?.[1];
    if (tree && name) imply(tree, name, true);
  }
  for (const from of itemsOf(child(service, "volumes_from"))) {
    const name = (textOf(from) ?? "").split(":", 1)[0]!;
    if (name !== "container" && name !== "") imply(from, name, false);
  }
  if (entries.size === 0) return service;
  return withEntries(service, { depends_on: mapping(entries, before?.place ?? service.place) });
}

function withDefaults(dependency: Tree): Tree {
  if (dependency.kind !== "mapping") return dependency;
  const { place, entries } = dependency;
  return mapping(
    [
      ["condition", { place, value: scalar("service_started", place) }],
      ["required", { place, value: scalar(true, place) }],
      ...entries,
    ],
    place,
  );
}
