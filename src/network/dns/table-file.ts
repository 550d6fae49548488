// The last table of names, in a file: after a restart the server answers from it before the master does.

import { readFileSync, renameSync, writeFileSync } from "node:fs";
import type { NamedService, NameTable } from "./name-table.ts";

const format = 1;

export class TableFile {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  /** Null if there is none that can be read: then the server has no names until the master sends some. */
  read(): NameTable | null {
    try {
      const file = JSON.parse(readFileSync(this.#path, "utf8")) as { format?: unknown; table?: unknown };
      return file.format === format && isTable(file.table) ? file.table : null;
    } catch {
      return null;
    }
  }

  /** A reader sees the former table or this one. Throws if the disk refuses it. */
  write(table: NameTable): void {
    const beside = `${this.#path}.new`;
    writeFileSync(beside, JSON.stringify({ format, table }), { mode: 0o600 });
    renameSync(beside, this.#path);
  }
}

const isText = (value: unknown): value is string => typeof value === "string";
const areTexts = (value: unknown): boolean => Array.isArray(value) && value.every(isText);
const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;

function isTable(value: unknown): value is NameTable {
  if (!isRecord(value) || !Number.isSafeInteger(value.revision) || !areTexts(value.ranges)) return false;
  if (!isRecord(value.clients) || !Object.values(value.clients).every(areTexts)) return false;
  return Array.isArray(value.services) && value.services.every(isService);
}

function isService(value: unknown): value is NamedService {
  if (!isRecord(value) || !isText(value.app) || !isText(value.name)) return false;
  if (value.vip !== null && !isText(value.vip)) return false;
  return (
    areTexts(value.aliases) && areTexts(value.endpoints) && Array.isArray(value.ports) && value.ports.every(isPort)
  );
}

function isPort(value: unknown): boolean {
  return isRecord(value) && isText(value.name) && isText(value.protocol) && Number.isInteger(value.port);
}
