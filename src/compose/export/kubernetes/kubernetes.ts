// An app as manifests of Kubernetes. What they cannot say is a comment line above the object, and a warning.

import type { AppBody } from "../../../model/app/app-input.ts";
import { type App, normalised, type Workload } from "../values.ts";
import { yamlText } from "../yaml.ts";
import type { PodContext } from "./container.ts";
import { ObjectNames } from "./names.ts";
import { Notes } from "./notes.ts";
import { contentKey, PodVolumes } from "./storage.ts";
import { cronJobOf, jobOf, serviceOf, workloadOf } from "./workloads.ts";

type Manifest = Record<string, unknown>;

export interface Manifests {
  /** YAML, one document an object. */
  text: string;
  objects: readonly Manifest[];
  warnings: readonly string[];
}

export interface KubernetesOptions {
  app: string;
  /** True: secrets have their contents. */
  withSecrets: boolean;
}

export function manifestsOf(input: AppBody, options: KubernetesOptions): Manifests {
  const making = new Making(normalised(input), options);
  making.contents();
  making.claims();
  making.workloads();
  const { objects, warnings, texts } = making;
  return { text: texts.join("---\n"), objects, warnings };
}

class Making {
  readonly objects: Manifest[] = [];
  readonly texts: string[] = [];
  readonly warnings: string[] = [];
  readonly #app: App;
  readonly #options: KubernetesOptions;
  readonly #names: ObjectNames;

  constructor(app: App, options: KubernetesOptions) {
    this.#app = app;
    this.#options = options;
    this.#names = new ObjectNames(options.app);
  }

  #add(object: Manifest, notes: Notes | null): void {
    this.objects.push(object);
    this.texts.push(yamlText(object, notes?.lines ?? []));
  }

  #notes(record: string): Notes {
    return new Notes(record, this.warnings);
  }

  #metadata(record: string): { name: string; labels: Record<string, string> } {
    const name = this.#names.of(record, this.#options.app);
    return { name, labels: { "app.kubernetes.io/part-of": this.#names.app } };
  }

  contents(): void {
    for (const { name, data, encoding } of this.#app.configs) {
      const held = encoding === "base64" ? { binaryData: { [contentKey]: data } } : { data: { [contentKey]: data } };
      this.#add({ apiVersion: "v1", kind: "ConfigMap", metadata: this.#metadata(name), ...held }, null);
    }
    for (const { name, data, encoding } of this.#app.secrets) {
      const notes = this.#notes(name);
      if (!this.#options.withSecrets) notes.say("its content is not exported: put it under content, or use --secrets");
      const own = encoding === "base64" ? { data: { [contentKey]: data } } : { stringData: { [contentKey]: data } };
      const held = this.#options.withSecrets ? own : { stringData: {} };
      this.#add({ apiVersion: "v1", kind: "Secret", metadata: this.#metadata(name), type: "Opaque", ...held }, notes);
    }
  }

  /** Also for volumes that are mounted and that the app does not make. */
  claims(): void {
    const { services, jobs, schedules, volumes } = this.#app;
    const made = new Map(volumes.map((volume) => [volume.name, volume.writers]));
    for (const workload of [...services, ...jobs, ...schedules])
      for (const { type, source } of mountsOf(workload))
        if (type === "volume" && source !== "" && !made.has(source)) made.set(source, undefined);
    for (const [name, writers] of made) {
      const notes = this.#notes(name);
      notes.say("Podling does not know how large it is to be: 1Gi stands for it");
      const spec = {
        accessModes: [writers === "many" ? "ReadWriteMany" : "ReadWriteOnce"],
        resources: { requests: { storage: "1Gi" } },
      };
      this.#add({ apiVersion: "v1", kind: "PersistentVolumeClaim", metadata: this.#metadata(name), spec }, notes);
    }
  }

  workloads(): void {
    for (const service of this.#app.services) {
      const { name, context } = this.#context(service);
      this.#add(workloadOf(service, name, context), context.notes);
      this.#add(serviceOf(service, name, context), null);
    }
    for (const job of this.#app.jobs) {
      const { name, context } = this.#context(job);
      this.#add(jobOf(job, name, context), context.notes);
    }
    for (const schedule of this.#app.schedules) {
      const { name, context } = this.#context(schedule);
      this.#add(cronJobOf(schedule, name, context), context.notes);
    }
  }

  #context({ name: record }: Workload): { name: string; context: PodContext } {
    const { app } = this.#options;
    const notes = this.#notes(record);
    const names = this.#names;
    const context = { app, names, notes, volumes: new PodVolumes(app, names, notes) };
    return { name: names.of(record, app), context };
  }
}

function mountsOf({ mounts = [], containers = [], initContainers = [] }: Workload): NonNullable<Workload["mounts"]> {
  return [...mounts, ...[...containers, ...initContainers].flatMap((one) => one.mounts ?? [])];
}
