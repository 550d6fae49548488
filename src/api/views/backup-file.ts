// A backup as a file: a line that says what it is, a line for each record, and a last line with the checksum of all
// before it, so that a truncated or damaged file is detected. The caller interprets the records.

import { type PerListedKind, perListedKind } from "../../model/kinds/kinds.ts";
import { limits } from "../../model/limits.ts";
import { formatMemory } from "../../model/quantity.ts";
import { type Outcome, refuse } from "../../model/refusal.ts";

/** A program refuses a file with a higher format than its own. */
export const backupFormat = 2;
export const backupMediaType = "application/x-ndjson";

/** The first line: its own fields, and the number of records of each kind. */
export interface BackupManifest extends PerListedKind<number> {
  podling: "backup";
  format: number;
  clusterId: string;
  /** The file has the state after this revision. */
  revision: number;
  epoch: number;
  /** ISO 8601 UTC, by the master's clock. */
  at: string;
  /** The version of the master that wrote the file. */
  version: string;
}

/** Each chunk is one or more whole lines, without the line end of the last one. */
export function* writeBackup(manifest: BackupManifest, chunks: Iterable<string>): Generator<Uint8Array> {
  const hash = new Bun.CryptoHasher("sha256");
  let records = 0;
  const line = (text: string): Uint8Array => {
    const bytes = encoder.encode(`${text}\n`);
    hash.update(bytes);
    return bytes;
  };
  yield line(JSON.stringify(manifest));
  for (const chunk of chunks) {
    for (let at = 0; at >= 0; at = chunk.indexOf("\n", at + 1)) records++;
    yield line(chunk);
  }
  yield encoder.encode(`${JSON.stringify({ end: { records, sha256: hash.digest("hex") } })}\n`);
}

/** Takes a file piece by piece and returns the records that are complete; `end` checks that the file is complete. */
export class BackupReader {
  readonly #hash = new Bun.CryptoHasher("sha256");
  /** The pieces of a line whose end has not arrived. */
  #begun: Uint8Array[] = [];
  #begunBytes = 0;
  #manifest: BackupManifest | null = null;
  #records = 0;
  #bytes = 0;
  #ended = false;

  /** Null until the first line has been read. */
  get manifest(): BackupManifest | null {
    return this.#manifest;
  }

  get bytes(): number {
    return this.#bytes;
  }

  push(piece: Uint8Array): Outcome<string[]> {
    this.#bytes += piece.length;
    const records: string[] = [];
    let start = 0;
    for (let end = piece.indexOf(newline); end >= 0; end = piece.indexOf(newline, start)) {
      const taken = this.#line(this.#whole(piece.subarray(start, end + 1)));
      if (!taken.ok) return taken;
      if (taken.value !== null) records.push(taken.value);
      start = end + 1;
    }
    if (start < piece.length) this.#begun.push(piece.slice(start));
    this.#begunBytes += piece.length - start;
    if (this.#begunBytes > limits.backupLineBytes) return this.#tooLong();
    return { ok: true, value: records };
  }

  #whole(end: Uint8Array): Uint8Array {
    if (this.#begunBytes === 0) return end;
    const line = Buffer.concat([...this.#begun, end]);
    this.#begun = [];
    this.#begunBytes = 0;
    return line;
  }

  /** The manifest, if the file is complete and its checksum is right. */
  end(): Outcome<BackupManifest> {
    if (this.#ended && this.#manifest && this.#begunBytes === 0) return { ok: true, value: this.#manifest };
    if (this.#bytes === 0) return damaged("it is empty");
    if (this.#manifest === null) return noBackup();
    if (this.#ended) return damaged("something follows its last line");
    return damaged(
      `it ends after ${this.#bytes} bytes and ${this.#records} records, without its last line: it was cut off`,
    );
  }

  #line(bytes: Uint8Array): Outcome<string | null> {
    if (this.#ended) return damaged("something follows its last line");
    if (bytes.length > limits.backupLineBytes) return this.#tooLong();
    let text: string;
    try {
      text = new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(0, -1));
    } catch {
      return this.#manifest === null ? noBackup() : damaged(`record ${this.#records + 1} is not UTF-8`);
    }
    if (this.#manifest === null) return this.#first(text, bytes);
    if (text.startsWith('{"end":')) return this.#last(text);
    this.#hash.update(bytes);
    this.#records++;
    return { ok: true, value: text };
  }

  #first(text: string, bytes: Uint8Array): Outcome<null> {
    const manifest = parsed(text) as Partial<BackupManifest> | null;
    if (typeof manifest !== "object" || manifest === null || manifest.podling !== "backup") return noBackup();
    if (typeof manifest.format === "number" && manifest.format > backupFormat) {
      return refuse(
        "backup-unusable",
        `the backup has format ${manifest.format}, and this program knows formats up to ${backupFormat}`,
        { hint: `Use the podling that wrote it${manifest.version ? ` (${manifest.version})` : ""}, or a newer one.` },
      );
    }
    if (!isManifest(manifest)) return damaged("its first line does not say what it is");
    // An earlier release does not know every kind.
    this.#manifest = { ...perListedKind(() => 0), ...manifest };
    this.#hash.update(bytes);
    return { ok: true, value: null };
  }

  #last(text: string): Outcome<null> {
    this.#ended = true;
    const { end } = (parsed(text) ?? {}) as { end?: { records?: unknown; sha256?: unknown } };
    if (end?.records !== this.#records)
      return damaged(`it says that it has ${String(end?.records)} records, and ${this.#records} are there`);
    if (end.sha256 !== this.#hash.digest("hex")) return damaged("its checksum is not that of its content");
    return { ok: true, value: null };
  }

  #tooLong(): Outcome<never> {
    if (this.#manifest === null) return noBackup();
    return damaged(`record ${this.#records + 1} is longer than ${formatMemory(limits.backupLineBytes)}`);
  }
}

/** The refusal of a backup: `what` says what is wrong with it. */
export function damaged(what: string): ReturnType<typeof refuse> {
  return refuse("backup-unusable", `the backup is damaged: ${what}. Nothing was changed`, {
    hint: "Take another backup, or another copy of this one.",
  });
}

function noBackup(): Outcome<never> {
  return refuse("backup-unusable", "this is no backup of Podling: its first line does not say so", {
    hint: "Give a file that podling backup wrote.",
  });
}

function isManifest(value: Partial<BackupManifest>): value is BackupManifest {
  const texts = [value.clusterId, value.at, value.version];
  const numbers = [value.format, value.revision, value.epoch, value.nodes, value.tasks];
  return (
    texts.every((one) => typeof one === "string") &&
    numbers.every((one) => Number.isSafeInteger(one) && one! >= 0) &&
    Number.isFinite(Date.parse(value.at!)) &&
    value.clusterId !== "" &&
    value.format! >= 1
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

const newline = 0x0a;
const encoder = new TextEncoder();
