// Volumes of a pod and mounts of its containers, with those of configs and secrets.

import { contentsOf, targetOf, type UsedContent } from "../../../model/task/content-fields.ts";
import { given, type Workload } from "../values.ts";
import type { ObjectNames } from "./names.ts";
import type { Notes } from "./notes.ts";

type Mount = NonNullable<Workload["mounts"]>[number];
type Mounted = Pick<Workload, "mounts" | "configs" | "secrets">;

/** Of a container, in names of volumes: those have at most 63 characters. */
const longestName = 50;

/** The volumes of one pod, which its containers share. */
export class PodVolumes {
  readonly volumes = new Map<string, Record<string, unknown>>();
  readonly #app: string;
  readonly #names: ObjectNames;
  readonly #notes: Notes;

  constructor(app: string, names: ObjectNames, notes: Notes) {
    this.#app = app;
    this.#names = names;
    this.#notes = notes;
  }

  list(): Record<string, unknown>[] {
    return [...this.volumes].map(([name, source]) => ({ name, ...source }));
  }

  /** An empty folder of the pod, at one place of one container. */
  empty(name: string, source: object): string {
    this.volumes.set(name, { emptyDir: source });
    return name;
  }

  mountsOf(container: string, { mounts = [], configs, secrets }: Mounted): Record<string, unknown>[] {
    const own = mounts.map((mount, index) => this.#mount(mount, `${container.slice(0, longestName)}-${index}`));
    const contents = [...contentsOf({ configs, secrets })]
      .map((used) => this.#content(used))
      .filter((mount) => mount !== null);
    return [...own, ...contents];
  }

  #mount(mount: Mount, unique: string): Record<string, unknown> {
    const { target, readOnly, options = {} } = mount;
    const { propagation } = options;
    const modes: Record<string, string> = {
      rshared: "Bidirectional",
      shared: "Bidirectional",
      rslave: "HostToContainer",
    };
    this.#notes.without(options.flags, `the mount options of ${target} are left out`);
    return given({
      name: this.#volume(mount, unique),
      mountPath: target,
      readOnly: readOnly || undefined,
      mountPropagation: propagation === undefined ? undefined : modes[propagation],
    })!;
  }

  #volume({ type, source, target, sizeBytes, options = {} }: Mount, unique: string): string {
    if (type === "tmpfs")
      return this.empty(`memory-${unique}`, {
        medium: "Memory",
        ...(sizeBytes ? { sizeLimit: String(sizeBytes) } : {}),
      });
    if (type === "shared") return this.empty(`shared-${this.#names.of(source, this.#app)}`, {});
    if (type === "bind") {
      const name = `host-${unique}`;
      this.volumes.set(name, { hostPath: { path: source } });
      return name;
    }
    if (source === "") {
      this.#notes.say(`what is written to ${target} goes with the pod`);
      return this.empty(`data-${unique}`, {});
    }
    if (options.driver !== undefined)
      this.#notes.say(`the volume ${source} has the driver ${options.driver}: give its claim a storage class`);
    const claim = this.#names.of(source, this.#app);
    this.volumes.set(claim, { persistentVolumeClaim: { claimName: claim } });
    return claim;
  }

  /** A file is mounted by its own name. Null for a variable. */
  #content(used: UsedContent): Record<string, unknown> | null {
    const target = targetOf(used);
    if (target === null) return null;
    const { name, mode, uid, gid } = used.reference;
    const object = this.#names.of(name, this.#app);
    const volume = `${used.kind}-${object}`.slice(0, 63);
    const source = mode === undefined ? {} : { defaultMode: mode };
    if (used.kind === "config") this.volumes.set(volume, { configMap: { name: object, ...source } });
    else this.volumes.set(volume, { secret: { secretName: object, ...source } });
    if ((uid ?? 0) !== 0 || (gid ?? 0) !== 0)
      this.#notes.say(`the file ${target} belongs to root: set fsGroup of the pod`);
    return { name: volume, mountPath: target, subPath: contentKey, readOnly: true };
  }
}

/** The key of the only content of a ConfigMap or Secret. */
export const contentKey = "content";
