// Who this worker is: its node id and its cluster, kept in the data folder.

import type { Identity } from "./data-dir/identity.ts";
import type { NodeIdentity } from "./task/runner-context.ts";

/** Where the identity is kept over restarts; data-dir/identity.ts is the file. */
export interface IdentityStore {
  /** Null if there is none yet. */
  read(): Identity | null;
  write(identity: Identity): void;
}

export class StoredIdentity implements NodeIdentity {
  readonly #store: IdentityStore;
  #identity: Identity;

  constructor(store: IdentityStore) {
    this.#store = store;
    this.#identity = store.read() ?? { nodeId: "", clusterId: "" };
  }

  get nodeId(): string {
    return this.#identity.nodeId;
  }

  get clusterId(): string {
    return this.#identity.clusterId;
  }

  /** Throws if it cannot be written. */
  change(changes: Partial<Identity>): void {
    const identity = { ...this.#identity, ...changes };
    if (identity.nodeId === this.nodeId && identity.clusterId === this.clusterId) return;
    // Written before it is used: if the disk is full the master sends it again, and no container is created for a node id
    // that the next start of the worker would not know.
    this.#store.write(identity);
    this.#identity = identity;
  }
}
