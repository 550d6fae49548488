// The names of an app in a compose file, and its volumes.

import type { ContentField } from "../../../model/task/content-fields.ts";
import { type App, given, shortName, type Workload } from "../values.ts";

type Mount = NonNullable<Workload["mounts"]>[number];

interface Key {
  key: string;
  /** `name`, where the name of the record does not follow from the key. */
  own: { name?: string };
}

export class Names {
  readonly warnings: string[] = [];
  readonly #app: string;
  readonly #workloads: ReadonlySet<string>;
  readonly #runs: ReadonlySet<string>;
  readonly #made: Record<ContentField, ReadonlySet<string>>;
  readonly #external: Record<ContentField, Record<string, unknown>> = { configs: {}, secrets: {} };
  readonly #volumes: ReadonlySet<string>;
  readonly #otherVolumes: Record<string, unknown> = {};

  constructor(app: string, whole: App) {
    const names = (list: readonly { name: string }[]) => new Set(list.map(({ name }) => name));
    this.#app = app;
    this.#workloads = names([...whole.services, ...whole.jobs, ...whole.schedules]);
    this.#runs = names([...whole.jobs, ...whole.schedules]);
    this.#made = { configs: names(whole.configs), secrets: names(whole.secrets) };
    this.#volumes = names(whole.volumes);
  }

  warn(sentence: string): void {
    this.warnings.push(sentence);
  }

  /** Of a service or job of the app; null, with a warning, for a name that is not one of it. */
  keyOf(name: string): string | null {
    const key = shortName(this.#app, name);
    if (key === null) this.warn(`${name} does not begin with the name of the app, and a service of the file would.`);
    return key;
  }

  /** As the file names a service, in lists of names: one of the app by its key, another one by its whole name. */
  reference(name: string): string {
    return this.#workloads.has(name) ? (shortName(this.#app, name) ?? name) : name;
  }

  /** True for a job or a schedule. */
  isRun(name: string): boolean {
    return this.#runs.has(name);
  }

  has(name: string): boolean {
    return this.#workloads.has(name);
  }

  /** Of a config or secret; one that the app does not make is external. */
  contentKey(kind: ContentField, name: string): Key {
    if (this.#made[kind].has(name)) return this.#key(name);
    this.#external[kind][name] = { external: true };
    return { key: name, own: {} };
  }

  external(kind: ContentField): Record<string, unknown> {
    return this.#external[kind];
  }

  /** The key of the volume of a mount. */
  volumeKey({ source, options }: Mount): string {
    if (this.#volumes.has(source)) return this.#key(source).key;
    const { driver, driverOptions, labels } = options ?? {};
    const { key, own } = driver === undefined ? { key: source, own: {} } : this.#key(source);
    const made =
      driver === undefined ? { external: true } : given({ ...own, driver, driver_opts: driverOptions, labels });
    const before = this.#otherVolumes[key];
    if (before !== undefined && JSON.stringify(before) !== JSON.stringify(made))
      this.warn(`The volume ${source} is mounted with different options, and a compose file has one form of it.`);
    this.#otherVolumes[key] ??= made;
    return key;
  }

  otherVolumes(): Record<string, unknown> {
    return this.#otherVolumes;
  }

  volume(name: string): Key {
    return this.#key(name);
  }

  #key(name: string): Key {
    const short = shortName(this.#app, name);
    return short === null ? { key: name, own: { name } } : { key: short, own: {} };
  }
}

export function volumesOf({ volumes }: App, names: Names): Record<string, unknown> {
  const section: Record<string, unknown> = {};
  for (const { name, labels, writers, node } of volumes) {
    const { key, own } = names.volume(name);
    section[key] = given({ ...own, labels, "x-podling": given({ writers, node }) }) ?? {};
  }
  return { ...section, ...names.otherVolumes() };
}

export function mountOf(mount: Mount, name: string, names: Names): Record<string, unknown> | null {
  const { type, source, target, readOnly, sizeBytes, options = {} } = mount;
  const common = { type, target, read_only: readOnly || undefined, consistency: options.consistency };
  if (type === "shared") {
    names.warn(`${name} mounts a folder of its task at ${target}, and a compose file has none.`);
    return null;
  }
  const { propagation, selinux, nonRecursive } = options;
  const bind = given({ propagation, selinux, recursive: nonRecursive ? "disabled" : undefined });
  if (type === "bind") return given({ ...common, source, bind: { create_host_path: false, ...bind } })!;
  if (type === "tmpfs") {
    const { mode, flags } = options;
    const tmpfs = given({ size: sizeBytes, mode });
    return given({ ...common, tmpfs, "x-podling": given({ flags }) })!;
  }
  const labels = options.driver === undefined ? options.labels : undefined;
  const volume = given({ nocopy: options.noCopy, labels });
  return given({ ...common, source: source === "" ? undefined : names.volumeKey(mount), bind, volume })!;
}
