// Who this worker is, kept in its data folder so that it stays the same node over restarts.

import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { nodeIdPattern } from "../../model/ids.ts";
import { lockFile } from "./folder-lock.ts";
import { writeWhole } from "./whole-file.ts";

export interface Identity {
  nodeId: string;
  /** "" until the first master has told. */
  clusterId: string;
}

/** A folder that cannot serve; the message says what, why and what next. */
export class IdentityError extends Error {
  override name = "IdentityError";
}

export class IdentityFile {
  readonly #path: string;
  readonly #release: () => void;

  /** Claims the folder for this process. Throws IdentityError where it cannot be used, or another worker has it. */
  constructor(dataDir: string) {
    this.#path = join(dataDir, "identity.json");
    const lock = (() => {
      try {
        mkdirSync(dataDir, { recursive: true });
        return lockFile(join(dataDir, "worker.lock"));
      } catch (error) {
        throw new IdentityError(
          `cannot use the data folder ${dataDir}: ${(error as Error).message}. Give a folder that can be written with --data-dir`,
        );
      }
    })();
    if ("heldBy" in lock) {
      const process = lock.heldBy === "" ? "" : ` (process ${lock.heldBy})`;
      throw new IdentityError(
        `the data folder ${dataDir} is in use by another worker${process}. Stop that one first, or give this one a folder of its own with --data-dir`,
      );
    }
    this.#release = () => lock.release();
  }

  /** Lets go of the folder; the end of the process does so as well. */
  close(): void {
    this.#release();
  }

  /** Null: there is none yet. Throws IdentityError on a file that is not one. */
  read(): Identity | null {
    let text: string;
    try {
      text = readFileSync(this.#path, "utf8");
    } catch (error) {
      if ((error as { code?: string }).code === "ENOENT") return null;
      throw new IdentityError(`cannot read ${this.#path}: ${(error as Error).message}`);
    }
    try {
      const { nodeId, clusterId } = JSON.parse(text) as Partial<Identity>;
      if (typeof nodeId === "string" && nodeIdPattern.test(nodeId)) return { nodeId, clusterId: clusterId ?? "" };
    } catch {
      // Not JSON: said below.
    }
    throw new IdentityError(
      `${this.#path} is damaged. Remove it to join anew: under the same host name and port it is the same node`,
    );
  }

  /** Whole or not at all: a crash in the middle leaves the old one. Throws IdentityError where it cannot be kept. */
  write(identity: Identity): void {
    try {
      writeWhole(this.#path, `${JSON.stringify(identity)}\n`);
    } catch (error) {
      throw new IdentityError(
        `cannot keep this node's id in ${this.#path}: ${(error as Error).message}. Make room there, or make the folder writable`,
      );
    }
  }
}
