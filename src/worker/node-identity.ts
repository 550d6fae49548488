// Who this worker is: its node id and its cluster, kept in the data folder.

import type { Identity } from "./data-dir/identity.ts";
import type { ConfirmedIdentity } from "./link/engine-link.ts";
import type { NodeIdentity } from "./task/runner-context.ts";

/** Where the identity is kept over restarts; data-dir/identity.ts is the file. */
export interface IdentityStore {
  /** Null if there is none yet. */
  read(): Identity | null;
  write(identity: Identity): void;
}

export class StoredIdentity implements NodeIdentity, ConfirmedIdentity {
  readonly #store: IdentityStore;
  #identity: Identity;
  #isConfirmed = false;

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

  /**
   * Null until this process has had a sync: the file is from the last start, and the master may be another one since. Until
   * then no container may be taken for one of this node.
   */
  get confirmed(): Identity | null {
    return this.#isConfirmed && this.clusterId !== "" ? this.#identity : null;
  }

  /** The master has named its cluster. */
  confirm(): void {
    this.#isConfirmed = true;
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
