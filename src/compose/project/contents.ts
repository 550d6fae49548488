// The contents of configs and secrets: written in the file, of another file, or of a variable.

import type { Findings } from "../findings.ts";
import type { Variables } from "../interpolation/interpolate.ts";
import type { Files } from "../load/files.ts";
import { child, entriesOf, type Mapping, plain, type Tree, textOf } from "../tree/tree.ts";

export interface Content {
  data: string;
  /** Base64 for bytes that are no UTF-8 text. */
  encoding: "utf8" | "base64";
}

/** By path: "configs.app". Those that are external have none here. */
export async function readContents(
  document: Mapping,
  variables: Variables,
  files: Files,
  findings: Findings,
): Promise<Map<string, Content>> {
  const contents = new Map<string, Content>();
  for (const kind of ["configs", "secrets"])
    for (const [name, { value }] of entriesOf(child(document, kind))) {
      const content = await contentOf(`${kind}.${name}`, value, variables, files, findings);
      if (content) contents.set(`${kind}.${name}`, content);
    }
  return contents;
}

async function contentOf(
  what: string,
  tree: Tree,
  { lookup }: Variables,
  files: Files,
  findings: Findings,
): Promise<Content | null> {
  const external = child(tree, "external");
  if (external && plain(external) === true) return null;
  const written = child(tree, "content");
  if (written) return { data: String(plain(written) ?? ""), encoding: "utf8" };
  const variable = child(tree, "environment");
  const name = textOf(variable);
  if (variable && name !== undefined) {
    const value = lookup(name);
    if (value !== undefined) return { data: value, encoding: "utf8" };
    const next = `Set it in the environment or in .env: ${name}=VALUE.`;
    findings.error(variable.place, `${what}.environment`, `the variable ${name} is not set`, next);
    return null;
  }
  const file = child(tree, "file");
  const path = textOf(file);
  if (!file || path === undefined) return null;
  const bytes = await files.bytes(path, { place: file.place, what: `${what}.file` });
  return bytes && contentFrom(bytes);
}

function contentFrom(bytes: Uint8Array): Content {
  try {
    // A byte order mark belongs to the content.
    return { data: new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes), encoding: "utf8" };
  } catch {
    return { data: Buffer.from(bytes).toString("base64"), encoding: "base64" };
  }
}
