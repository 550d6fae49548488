// The contents that tasks name, as events for the worker of their node. A worker keeps a content while one of its tasks names
// it, so each new task is preceded by all that it names.

import type { ContentEvent } from "../../api/views/stream-events.ts";
import type { ClusterState } from "../../core/state/cluster-state.ts";
import { configId, encodedOf } from "../../model/config/config.ts";
import { type Credential, credentialPurpose } from "../../model/credential/credential.ts";
import { registryName, registryOf } from "../../model/registry.ts";
import { secretPurpose } from "../../model/secret/secret.ts";
import { contentsOf, hasContents, type UsedContent, versionOf } from "../../model/task/content-fields.ts";
import type { Task } from "../../model/task/task.ts";
import type { Vault } from "../secrets/vault.ts";

/** The contents that one worker knows it cannot have, each with the sentence why. */
export class ContentProblems {
  readonly #problems = new Map<string, string>();

  get any(): boolean {
    return this.#problems.size > 0;
  }

  /** Notes what is sent. */
  sent(event: ContentEvent): void {
    if (event.problem === undefined) this.#problems.delete(keyOf(event));
    else this.#problems.set(keyOf(event), event.problem);
  }

  /** True when the worker knows of a problem, and this says something else. */
  isNews(event: ContentEvent): boolean {
    const known = this.#problems.get(keyOf(event));
    return known !== undefined && known !== event.problem;
  }
}

function keyOf({ kind, name, version, newest }: ContentEvent): string {
  return `${kind} ${name} ${version} ${newest}`;
}

export class TaskContents {
  readonly #state: ClusterState;
  readonly #vault: Vault;

  constructor(state: ClusterState, vault: Vault) {
    this.#state = state;
    this.#vault = vault;
  }

  /** What these tasks name, each once. */
  eventsFor(tasks: Iterable<Task>): ContentEvent[] {
    const events = new Map<string, ContentEvent>();
    for (const { spec } of tasks) {
      for (const container of [...spec.init, ...spec.containers]) {
        const login = this.#loginFor(container.image);
        if (login && !events.has(keyOf(login))) events.set(keyOf(login), { ...login, ...this.#contentOf(login) });
        if (!hasContents(container)) continue;
        for (const used of contentsOf(container)) {
          const event = this.#named(used);
          if (!events.has(keyOf(event))) events.set(keyOf(event), { ...event, ...this.#contentOf(event) });
        }
      }
    }
    return [...events.values()];
  }

  /** Null if no login to the registry of the image is stored. */
  #loginFor(image: string): ContentEvent | null {
    const { credential } = this.#state.tables;
    if (credential.size === 0) return null;
    const name = registryName(registryOf(image));
    return credential.has(name) ? { kind: "credential", name, version: 0, newest: true } : null;
  }

  /** True when tasks may need something that is sent beside their assignments. */
  isNeeded(task: Task): boolean {
    const { containers, init } = task.spec;
    return this.#state.tables.credential.size > 0 || containers.some(hasContents) || init.some(hasContents);
  }

  /** Without the content. */
  #named({ kind, reference }: UsedContent): ContentEvent {
    const { name } = reference;
    const asked = versionOf(reference);
    const version = asked ?? this.#state.versionsOf(kind, name).at(-1) ?? 0;
    return { kind, name, version, newest: asked === null };
  }

  #contentOf({ kind, name, version }: ContentEvent): Partial<ContentEvent> {
    const { config, secret, credential } = this.#state.tables;
    if (kind === "credential") return this.#loginOf(credential.get(name)!);
    const id = configId({ name, version });
    if (!this.#state.tables[kind].has(id))
      return { problem: version === 0 ? "does not exist" : `has no version ${version}` };
    if (kind === "config") {
      const { data, encoding } = config.get(id)!;
      return { data, encoding };
    }
    const opened = this.#vault.open(secret.get(id)!.sealed, secretPurpose(name));
    return "bytes" in opened ? encodedOf(opened.bytes) : opened;
  }

  #loginOf({ registry, username, sealed }: Credential): Partial<ContentEvent> {
    const opened = this.#vault.open(sealed, credentialPurpose(registry));
    if (!("bytes" in opened)) return opened;
    const password = Buffer.from(opened.bytes).toString();
    return { data: JSON.stringify({ username, password }), encoding: "utf8" };
  }
}
