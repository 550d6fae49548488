// What cannot be translated: findings with the place in the compose file.

import { Findings } from "../findings.ts";
import type { ComposeDocument } from "../read-compose.ts";
import { type Path, pathText } from "../tree/tree.ts";

export class Problems {
  readonly findings = new Findings();
  readonly #document: ComposeDocument;

  constructor(document: ComposeDocument) {
    this.#document = document;
  }

  /** `path` may lead deeper than the document: what is reported is the value above it that exists. */
  error(path: Path, why: string, next: string): void {
    this.findings.error(this.#document.placeOf(path), this.#what(path), why, next);
  }

  warn(path: Path, why: string, next: string): void {
    this.findings.warn(this.#document.placeOf(path), this.#what(path), why, next);
  }

  #what(path: Path): string {
    let value: unknown = this.#document.value;
    const known: (string | number)[] = [];
    for (const step of path) {
      value = typeof value === "object" && value !== null ? (value as never)[step] : undefined;
      if (value === undefined) break;
      known.push(step);
    }
    return pathText(known);
  }
}
