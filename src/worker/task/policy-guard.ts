// Checks a container against the policy of this node before each of its starts, with symbolic links followed. The master
// checks as well before it chooses the node, but only the paths as they were given.

import { breachesOf, type NodePolicy } from "../../model/node/policy.ts";
import { type Needs, needsOf, normalPath } from "../../model/task/needs.ts";
import type { ContainerSpec } from "../../model/task/spec.ts";
import { RuntimeError } from "../../runtime/runtime-error.ts";

/** The path without symbolic links; null if nothing is there. Rejects if it cannot be read. */
export type ResolvePath = (path: string) => Promise<string | null>;

const noNeeds: Needs = { features: [], binds: [], hostNetwork: false, devices: false, privileged: null };

export class PolicyGuard {
  readonly #policy: NodePolicy | null;
  readonly #resolve: ResolvePath;

  /** `policy`: null for none. */
  constructor(policy: NodePolicy | null, resolve: ResolvePath) {
    this.#policy = policy;
    this.#resolve = resolve;
  }

  /**
   * The spec with which the container may be created: the sources of its mounts are without symbolic links, so that a link
   * that changes later leads nowhere else. Throws RuntimeError: policy-forbidden, create-failed if a source is missing.
   */
  async allowed(spec: ContainerSpec): Promise<ContainerSpec> {
    if (this.#policy === null) return spec;
    const mounts = await Promise.all(
      spec.mounts.map(async (mount) =>
        mount.type === "bind" ? { ...mount, source: await this.#realPath(mount.source) } : mount,
      ),
    );
    const checked = { ...spec, mounts };
    await this.#check(needsOf([checked]));
    return checked;
  }

  /**
   * Checks a container that is about to start again, or has just started: the engine follows links at each start, and
   * `binds`, the sources that it was created with, may have become links. Throws RuntimeError: policy-forbidden.
   */
  async checkStart(spec: ContainerSpec, binds: readonly string[]): Promise<void> {
    if (this.#policy === null) return;
    const needs = needsOf([spec]) ?? noNeeds;
    await this.#check({ ...needs, binds: await Promise.all(binds.map((path) => this.#realPath(path))) });
  }

  async #check(needs: Needs | null): Promise<void> {
    const policy = this.#policy!;
    const folders = await Promise.all(policy.binds.map((folder) => this.#folder(folder)));
    const [breach] = breachesOf({ ...policy, binds: folders }, needs);
    if (breach) throw new RuntimeError("policy-forbidden", `the policy of this node ${breach.message}`, false);
  }

  async #realPath(path: string): Promise<string> {
    const found = await this.#resolved(path);
    if (found !== null) return found;
    throw new RuntimeError("create-failed", `bind source path does not exist: ${path}`, false);
  }

  /** A folder of the policy that is not there allows what comes to be there. */
  async #folder(path: string): Promise<string> {
    return (await this.#resolved(path)) ?? normalPath(path);
  }

  async #resolved(path: string): Promise<string | null> {
    try {
      return await this.#resolve(path);
    } catch (error) {
      const why = (error as Error).message;
      throw new RuntimeError(
        "policy-forbidden",
        `the policy of this node cannot be checked for ${path}: ${why}`,
        false,
      );
    }
  }
}
