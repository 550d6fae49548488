// Paths in compose files: relative to the folder of their project, `~` is the user's home. Works with text only.

import { posix } from "node:path";
import { type PathNode, pathTable, stepTo } from "../tree/path-table.ts";
import { child, type Entry, type Tree, textOf } from "../tree/tree.ts";

export interface Folders {
  /** The working folder of the command, absolute. */
  cwd: string;
  /** The user's home. Undefined if it is not known. */
  home: string | undefined;
}

const isAbsolute = (path: string): boolean => path.startsWith("/") || /^([A-Za-z]:)?[\\/]/.test(path);

/** `path` seen from `folder`; relative results are relative to the working folder, as users type them. */
export function pathFrom(folder: string, path: string, { home }: Folders): string {
  if (home && /^~(\/|$)/.test(path)) return posix.join(home, path.slice(1));
  return isAbsolute(path) || isRemote(path) ? path : posix.join(folder, path);
}

export function absolute(path: string, { cwd }: Folders): string {
  return isAbsolute(path) ? path : posix.join(cwd, path);
}

export const folderOf = (file: string): string => (file === "-" ? "." : posix.dirname(file));

/** True for an address that is not on this machine: https://..., git@..., oci://... */
export const isRemote = (path: string): boolean => /^([a-z][a-z0-9+.-]+:\/\/|git@|github\.com\/)/i.test(path);

type Kind = "path" | "context" | "mount";

const paths = pathTable<Kind>([
  ["services.*.build", "context"],
  ["services.*.build.additional_contexts.*", "context"],
  ["services.*.develop.watch.*.path", "path"],
  ["services.*.env_file.*.path", "path"],
  ["services.*.label_file.*", "path"],
  ["services.*.volumes.*", "mount"],
  ["configs.*.file", "path"],
  ["secrets.*.file", "path"],
]);

/** The document, in its long forms, with absolute paths. `folder` is that of its project. */
export function withAbsolutePaths(document: Tree, folder: string, folders: Folders): Tree {
  const resolve = (path: string) => absolute(pathFrom(folder, path, folders), folders);
  return resolved(document, paths, resolve);
}

function resolved(tree: Tree, node: PathNode<Kind>, resolve: (path: string) => string): Tree {
  const text = textOf(tree);
  if (text !== undefined)
    return node.rule && text !== "" ? ({ ...tree, value: resolvedText(text, node.rule, resolve) } as Tree) : tree;
  if (tree.kind === "sequence") {
    const inner = stepTo(node, 0);
    return inner ? { ...tree, items: tree.items.map((item) => resolved(item, inner, resolve)) } : tree;
  }
  if (tree.kind !== "mapping") return tree;
  const entries = new Map<string, Entry>();
  for (const [key, entry] of tree.entries) {
    const inner = stepTo(node, key) ?? (isPath(tree, key, node.rule) ? pathNode : undefined);
    entries.set(key, inner ? { ...entry, value: resolved(entry.value, inner, resolve) } : entry);
  }
  return { ...tree, entries };
}

const pathNode: PathNode<Kind> = { rule: "path", steps: new Map() };

/** True when a key of this mapping is a path because of the keys beside it. */
function isPath(tree: Tree, key: string, kind: Kind | undefined): boolean {
  if (kind === "context") return key === "context" && !isElsewhere(textOf(child(tree, "context")) ?? "");
  return kind === "mount" && key === "source" && textOf(child(tree, "type")) === "bind";
}

function resolvedText(text: string, kind: Kind, resolve: (path: string) => string): string {
  return kind === "context" && isElsewhere(text) ? text : resolve(text);
}

/** Contexts of builds that are no folder: URLs, images and other services. */
const isElsewhere = (context: string): boolean =>
  isRemote(context) || /^(service|target|docker-image|oci-layout):/.test(context);
