// What the parts of loading share: the files, the findings, and how a document is prepared.

import type { Findings } from "../findings.ts";
import type { Variables } from "../interpolation/interpolate.ts";
import type { Mapping, Tree } from "../tree/tree.ts";
import type { Files } from "./files.ts";
import type { Folders } from "./paths.ts";

export interface Loading {
  readonly files: Files;
  readonly findings: Findings;
  readonly folders: Folders;
  /** A document with long forms and absolute paths, as it is before `include` and `extends`. Null if it is none. */
  rough(tree: Tree, project: { folder: string; variables: Variables }): Mapping | null;
}
