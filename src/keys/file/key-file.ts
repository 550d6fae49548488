// The key in a file that only its owner may read. It is read whenever it is needed, so that a file that was put back is used at
// once.

import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, statSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { fileErrorMeaning } from "../../lib/file-error.ts";
import { keyBytes, nonceBytes } from "../../lib/sealed.ts";
import type { FoundKey, Keys } from "../keys.ts";

/** What the file begins with, so that another file is not taken for a key. */
const head = "podling-key-1:";

export class KeyFile implements Keys {
  readonly #paths: readonly string[];

  /** The first of these that is there is read. A key is made in the first one that can be written. At least one. */
  constructor(paths: readonly string[]) {
    this.#paths = paths;
  }

  find(): FoundKey {
    for (const path of this.#paths) {
      let text: string;
      try {
        text = readFileSync(path, "utf8");
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        if (code === "ENOENT" || code === "ENOTDIR") continue;
        return { problem: `the key file ${path} cannot be read: ${fileErrorMeaning(error)}`, isMissing: false };
      }
      const key = keyOf(text);
      if (!key) return { problem: `the file ${path} has no key`, isMissing: false };
      const mode = statSync(path).mode & 0o777;
      if ((mode & 0o007) === 0) return { key, place: path };
      const problem = `every user of this machine may open the key file ${path} (mode 0${mode.toString(8)}); type: chmod 600 ${path}`;
      return { problem, isMissing: false };
    }
    return { problem: `the key file ${this.#paths[0]} is missing`, isMissing: true };
  }

  findOrMake(): FoundKey {
    const found = this.find();
    if ("key" in found || !found.isMissing) return found;
    let problem = found.problem;
    for (const path of this.#paths) {
      try {
        write(path, this.#random(keyBytes));
        return this.find();
      } catch (error) {
        problem = `the key file ${path} cannot be written: ${fileErrorMeaning(error)}`;
      }
    }
    return { problem, isMissing: true };
  }

  nonce(): Uint8Array {
    return this.#random(nonceBytes);
  }

  #random(bytes: number): Uint8Array {
    return crypto.getRandomValues(new Uint8Array(bytes));
  }
}

function keyOf(text: string): Uint8Array | null {
  const line = text.trim();
  if (!line.startsWith(head)) return null;
  const key = Buffer.from(line.slice(head.length), "base64");
  return key.length === keyBytes ? key : null;
}

/** Fails if the file is there: a key is never overwritten. On the disk before a secret is sealed with it. */
function write(path: string, key: Uint8Array): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const descriptor = openSync(path, "wx", 0o600);
  try {
    writeSync(descriptor, `${head}${Buffer.from(key).toString("base64")}\n`);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
