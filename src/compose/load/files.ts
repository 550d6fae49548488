// Reads and parses the files of a document, each once, within the limits.

import { limits } from "../../model/limits.ts";
import { parseEnvText, type Variable } from "../env/env-text.ts";
import type { Findings, Place } from "../findings.ts";
import type { Variables } from "../interpolation/interpolate.ts";
import type { Reader } from "../reader.ts";
import { parseYaml } from "../tree/parse.ts";
import type { Tree } from "../tree/tree.ts";
import { isRemote } from "./paths.ts";

/** Who names the file: for the message if it cannot be read. */
export interface Named {
  /** Null if the command line does, or the environment. */
  place: Place | null;
  /** "include", "services.web.extends"; empty for the command line. */
  what: string;
}

export class Files {
  readonly #reader: Reader;
  readonly #findings: Findings;
  readonly #parsed = new Map<string, Tree[] | null>();
  #read = 0;

  constructor(reader: Reader, findings: Findings) {
    this.#reader = reader;
    this.#findings = findings;
  }

  /** The documents of a compose file; null if it cannot be read, which is then reported. */
  async documents(path: string, named: Named): Promise<Tree[] | null> {
    const known = this.#parsed.get(path);
    if (known !== undefined) return known;
    const text = await this.#text(path, named);
    const trees = text === null ? null : parseYaml(path, text, this.#findings);
    this.#parsed.set(path, trees);
    return trees;
  }

  /** The variables of a file; null if it cannot be read. Only reported as an error if it is `required`. */
  async variables(
    path: string,
    named: Named,
    outer: Variables,
    { required, raw = false }: { required: boolean; raw?: boolean },
  ): Promise<Map<string, Variable> | null> {
    const text = await this.#text(path, named, required);
    if (text === null) return null;
    return raw ? rawVariables(path, text) : parseEnvText(path, text, outer, this.#findings);
  }

  /** The content of a config or secret; null if it cannot be read, which is reported. */
  async bytes(path: string, named: Named): Promise<Uint8Array | null> {
    return this.#bytes(path, named, true, limits.contentBytes);
  }

  async #text(path: string, named: Named, required = true): Promise<string | null> {
    const bytes = await this.#bytes(path, named, required, limits.composeFileBytes);
    if (bytes === null) return null;
    try {
      return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    } catch {
      return this.#fail(path, named, "it is not UTF-8 text", `Convert it: iconv -f LATIN1 -t UTF-8 ${path}`);
    }
  }

  #fail(path: string, { place, what }: Named, why: string, next: string): null {
    if (place) this.#findings.error(place, what, `${path}: ${why}`, next);
    else this.#findings.error({ file: path, line: 1, column: 1 }, "", why, next);
    return null;
  }

  async #bytes(path: string, named: Named, required: boolean, most: number): Promise<Uint8Array | null> {
    const fail = (why: string, next: string) => this.#fail(path, named, why, next);
    if (isRemote(path)) return fail("only files of this machine are read", "Download it, and name the file.");
    if (++this.#read > limits.composeFiles) {
      if (this.#read > limits.composeFiles + 1) return null;
      return fail(`the document is made of more than ${limits.composeFiles} files`, "Use fewer files.");
    }
    const read = await this.#reader.read(path);
    if (!read.found) {
      if (read.why !== null) return fail(read.why, "Check the path and its permissions.");
      return required ? fail("no such file", "Check the path; it is relative to the folder of its project.") : null;
    }
    if (read.bytes.length <= most) return read.bytes;
    return fail(`it has ${read.bytes.length} bytes, and ${most} are allowed`, "Split it.");
  }
}

/** The format `raw` of env_file: each line as it is, with quotes and dollar signs. */
function rawVariables(file: string, text: string): Map<string, Variable> {
  const found = new Map<string, Variable>();
  for (const [index, line] of text.split("\n").entries()) {
    const match = /^\s*([^#=\s][^=]*)=(.*?)\r?$/.exec(line);
    if (match) found.set(match[1]!.trim(), { value: match[2]!, place: { file, line: index + 1, column: 1 } });
  }
  return found;
}
