// The environment of services: variables of `env_file`, then those of `environment`; a name without a value takes it from the
// environment of the command. The labels of services: those of `label_file`, then those of `labels`.

import type { Variables } from "../interpolation/interpolate.ts";
import type { Files } from "../load/files.ts";
import {
  child,
  type Entry,
  entriesOf,
  itemsOf,
  type Mapping,
  mapping,
  plain,
  scalar,
  type Tree,
  textOf,
  withEntries,
} from "../tree/tree.ts";

export async function withEnvironment(document: Mapping, variables: Variables, files: Files): Promise<Mapping> {
  const services = child(document, "services");
  if (services?.kind !== "mapping") return document;
  const entries = new Map<string, Entry>();
  for (const [name, entry] of services.entries) {
    const own = await withOwn(name, entry.value, variables, files);
    const value = own.kind === "mapping" ? await withLabels(name, own, variables, files) : own;
    entries.set(name, { ...entry, value });
  }
  return withEntries(document, { services: mapping(entries, services.place) });
}

async function withOwn(name: string, service: Tree, { lookup, warned }: Variables, files: Files): Promise<Tree> {
  if (service.kind !== "mapping") return service;
  const own = child(service, "environment");
  if (own && own.kind !== "mapping") return service;
  const environment = new Map<string, Entry>();
  const given = new Map(entriesOf(own).map(([key, entry]) => [key, inherited(key, entry, lookup)]));
  const known = (variable: string) =>
    lookup(variable) ?? textOf(given.get(variable)?.value) ?? textOf(environment.get(variable)?.value);
  for (const [index, item] of itemsOf(child(service, "env_file")).entries()) {
    const path = textOf(child(item, "path"));
    if (path === undefined) continue;
    const named = { place: item.place, what: `services.${name}.env_file[${index}]` };
    const required = child(item, "required");
    const options = {
      required: !required || plain(required) !== false,
      raw: textOf(child(item, "format")) === "raw",
    };
    const read = await files.variables(path, named, { lookup: known, warned }, options);
    for (const [key, { value, place }] of read ?? []) environment.set(key, { place, value: scalar(value, place) });
  }
  for (const [key, entry] of given) environment.set(key, entry);
  if (environment.size === 0) return service;
  return withEntries(service, { environment: mapping(environment, own?.place ?? service.place), env_file: undefined });
}

function inherited(name: string, entry: Entry, lookup: Variables["lookup"]): Entry {
  if (entry.value.kind !== "scalar" || entry.value.value !== null) return entry;
  const value = lookup(name);
  return value === undefined ? entry : { ...entry, value: { ...entry.value, value } };
}

/** The labels of `label_file`, and over them those of `labels`. */
async function withLabels(name: string, service: Mapping, { lookup, warned }: Variables, files: Files): Promise<Tree> {
  const list = child(service, "label_file");
  const own = child(service, "labels");
  if (!list || (own && own.kind !== "mapping")) return service;
  const labels = new Map<string, Entry>();
  for (const [index, item] of itemsOf(list).entries()) {
    const path = textOf(item);
    if (path === undefined) continue;
    const named = { place: item.place, what: `services.${name}.label_file[${index}]` };
    const read = await files.variables(path, named, { lookup, warned }, { required: true });
    for (const [key, { value, place }] of read ?? []) labels.set(key, { place, value: scalar(value, place) });
  }
  for (const [key, entry] of entriesOf(own)) labels.set(key, entry);
  return withEntries(service, { labels: mapping(labels, own?.place ?? service.place), label_file: undefined });
}
