// `extends`: a service is merged over another one, of the same file or of another. What the other one extends comes first.

import { nearest } from "../../lib/nearest-word.ts";
import type { Place } from "../findings.ts";
import type { Variables } from "../interpolation/interpolate.ts";
import { merged, unmarked } from "../merge/merge.ts";
import {
  child,
  type Entry,
  entriesOf,
  isNull,
  type Mapping,
  mapping,
  type Tree,
  textOf,
  withEntries,
} from "../tree/tree.ts";
import type { Loading } from "./loading.ts";
import { absolute, folderOf, pathFrom } from "./paths.ts";

/** Services of one file, with the folder that their paths are relative to. */
interface Source {
  file: string;
  folder: string;
  services: ReadonlyMap<string, Entry>;
}

/** A service on the way from the one that is being resolved. */
interface Link {
  id: string;
  shown: string;
}

export class Extension {
  readonly #loader: Loading;
  readonly #variables: Variables;
  /** Finished services, by file and name. */
  readonly #done = new Map<string, Tree>();
  readonly #sources = new Map<string, Source | null>();

  constructor(loader: Loading, variables: Variables) {
    this.#loader = loader;
    this.#variables = variables;
  }

  /** The document with the services that its services extend merged into them. */
  async apply(document: Mapping, file: string, folder: string): Promise<Mapping> {
    const services = child(document, "services");
    if (services?.kind !== "mapping") return document;
    const source: Source = { file, folder, services: services.entries };
    const entries = new Map<string, Entry>();
    for (const [name, entry] of services.entries)
      entries.set(name, { ...entry, value: await this.#resolved(name, entry.value, source, []) });
    return withEntries(document, { services: mapping(entries, services.place, services.mark) });
  }

  async #resolved(name: string, service: Tree, source: Source, chain: readonly Link[]): Promise<Tree> {
    if (service.kind !== "mapping" || !service.entries.has("extends")) return service;
    const id = `${absolute(source.file, this.#loader.folders)}\n${name}`;
    const known = this.#done.get(id);
    if (known) return known;
    const extended = service.entries.get("extends")!;
    const own = withEntries(service, { extends: undefined });
    const here = { id, shown: `${name} (${source.file})` };
    const result = await this.#over(name, own, extended, source, [...chain, here]);
    this.#done.set(id, result);
    return result;
  }

  /** The service, without `extends`, merged over the one that it extends. */
  async #over(name: string, own: Tree, { value, place }: Entry, source: Source, chain: readonly Link[]): Promise<Tree> {
    const what = `services.${name}.extends`;
    const other = textOf(value) ?? textOf(child(value, "service"));
    if (isNull(value)) return own;
    if (other === undefined) {
      this.#error(place, what, "it names no service", "Write extends: SERVICE, or service: SERVICE with file: FILE.");
      return own;
    }
    const from = await this.#sourceOf(value, what, source);
    if (!from) return own;
    const id = `${absolute(from.file, this.#loader.folders)}\n${other}`;
    if (chain.some((link) => link.id === id)) {
      const shown = [...chain.map((link) => link.shown), `${other} (${from.file})`].join(" -> ");
      this.#error(value.place, what, `services extend each other: ${shown}`, "Remove one of these extends.");
      return own;
    }
    const entry = from.services.get(other);
    if (!entry) {
      const near = nearest(other, [...from.services.keys()]);
      const next = near
        ? `Did you mean ${near}?`
        : `Its services are: ${[...from.services.keys()].slice(0, 10).join(", ")}.`;
      this.#error(value.place, what, `there is no service ${other} in ${from.file}`, next);
      return own;
    }
    const base = unmarked(await this.#resolved(other, entry.value, from, chain));
    return isNull(base) ? own : merged(base, own, this.#loader.findings, ["services", name]);
  }

  async #sourceOf(value: Tree, what: string, source: Source): Promise<Source | null> {
    const file = textOf(child(value, "file"));
    if (file === undefined) return source;
    const path = pathFrom(source.folder, file, this.#loader.folders);
    if (absolute(path, this.#loader.folders) === absolute(source.file, this.#loader.folders)) return source;
    const known = this.#sources.get(path);
    if (known !== undefined) return known;
    const documents = await this.#loader.files.documents(path, { place: value.place, what });
    const project = { folder: folderOf(path), variables: this.#variables };
    let whole: Tree | null = null;
    for (const tree of documents ?? []) {
      const own = this.#loader.rough(tree, project);
      if (own) whole = whole ? merged(whole, own, this.#loader.findings) : own;
    }
    const services = new Map(entriesOf(whole ? child(whole, "services") : undefined));
    const found = documents === null ? null : { file: path, folder: project.folder, services };
    this.#sources.set(path, found);
    return found;
  }

  #error(place: Place, what: string, why: string, next: string): void {
    this.#loader.findings.error(place, what, why, next);
  }
}
