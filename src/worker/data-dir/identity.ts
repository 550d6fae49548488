// The worker's node id and cluster id, kept in its data folder so that it stays the same node over restarts.

import { mkdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { identityName, workerLockName } from "../../model/data-files.ts";
import { nodeIdPattern } from "../../model/ids.ts";
import { lockFile } from "./folder-lock.ts";
import { writeWhole } from "./whole-file.ts";

export interface Identity {
  nodeId: string;
  /** "" until a master has sent it. */
  clusterId: string;
}

/** The data folder cannot be used; the message says what is wrong, why, and what to do. */
export class IdentityError extends Error {
  override name = "IdentityError";
}

export class IdentityFile {
  readonly #path: string;
  readonly #lockPath: string;
  readonly #release: () => void;

  /** Claims the folder for this process. Throws IdentityError if it cannot be used, or another worker uses it. */
  constructor(dataDir: string) {
    this.#path = join(dataDir, identityName);
    this.#lockPath = join(dataDir, workerLockName);
    const lock = (() => {
      try {
        mkdirSync(dataDir, { recursive: true });
        return lockFile(this.#lockPath);
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

  /** Releases the folder; the end of the process does so as well. */
  close(): void {
    this.#release();
  }

  /**
   * The same for every process that has this folder until the machine is booted again, and another for each copy of the
   * folder. "" if it is not known.
   */
  place(): string {
    try {
      const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
      const { dev, ino } = statSync(this.#lockPath);
      return new Bun.CryptoHasher("sha256").update(`${boot} ${dev} ${ino}`).digest("hex").slice(0, 16);
    } catch {
      return ""; // not Linux
    }
  }

  /** Null if there is no file yet. Throws IdentityError if the file is damaged. */
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
      // Not JSON: reported below.
    }
    throw new IdentityError(
      `${this.#path} is damaged. Remove it and start again: under the same host name and port the worker is the same node`,
    );
  }

  /** Atomic: a crash in the middle leaves the old file. Throws IdentityError if it cannot be written. */
  write(identity: Identity): void {
    try {
      writeWhole(this.#path, `${JSON.stringify(identity)}\n`);
    } catch (error) {
      throw new IdentityError(
        `cannot keep this node's id in ${this.#path}: ${(error as Error).message}. Free some space there, or make the folder writable`,
      );
    }
  }
}
