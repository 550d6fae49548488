// The contents that the master has sent, in memory: each for as long as a task names it. After a restart of the worker, the
// master sends them again.

import type { ContentEvent } from "../../api/views/stream-events.ts";
import { bytesOf } from "../../model/config/config.ts";
import { registryName, registryOf } from "../../model/registry.ts";
import { contentsOf, type UsedContent, versionOf } from "../../model/task/content-fields.ts";
import type { RegistryLogin } from "../../runtime/images.ts";
import type { AssignedSpec } from "../task/assignment.ts";

/** The bytes, or why there are none, as the end of the sentence "its config NAME ...". */
export type Found = { bytes: Uint8Array } | { problem: string };

const newest = "newest";

export class ContentStore {
  readonly #found = new Map<string, Found>();

  put({ kind, name, version, newest: isNewest, data, encoding = "utf8", problem }: ContentEvent): void {
    const key = keyOf(kind, name, isNewest ? newest : version);
    if (kind === "credential" && data === undefined) {
      this.#found.delete(key);
      return;
    }
    const found: Found =
      data === undefined ? { problem: problem ?? "was not sent by the master" } : { bytes: bytesOf(data, encoding) };
    this.#found.set(key, found);
  }

  get({ kind, reference }: UsedContent): Found {
    const key = keyOf(kind, reference.name, versionOf(reference) ?? newest);
    return this.#found.get(key) ?? { problem: "has not come from the master yet" };
  }

  /** What the cluster has stored for the registry of this image; null: nothing. */
  loginFor(image: string): RegistryLogin | null {
    const found = this.#found.get(keyOf("credential", registryName(registryOf(image)), newest));
    if (found === undefined || !("bytes" in found)) return null;
    return JSON.parse(Buffer.from(found.bytes).toString()) as RegistryLogin;
  }

  /** Drops what none of these names, but for logins. */
  keepFor(specs: Iterable<Pick<AssignedSpec, "containers" | "init">>): void {
    if (this.#found.size === 0) return;
    const named = new Set<string>();
    for (const { init, containers } of specs) {
      for (const container of [...init, ...containers]) {
        for (const { kind, reference } of contentsOf(container))
          named.add(keyOf(kind, reference.name, versionOf(reference) ?? newest));
      }
    }
    for (const key of this.#found.keys())
      if (!named.has(key) && !key.startsWith("credential ")) this.#found.delete(key);
  }
}

function keyOf(kind: string, name: string, version: number | typeof newest): string {
  return `${kind} ${name} ${version}`;
}
