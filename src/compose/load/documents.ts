// From files to one merged document: interpolate, long forms, include, extends, merge, file after file.

import { posix } from "node:path";
import type { Findings, Place } from "../findings.ts";
import { longForms } from "../forms/forms.ts";
import { interpolate, type Variables } from "../interpolation/interpolate.ts";
import { merged, unmarked } from "../merge/merge.ts";
import { unique } from "../merge/unique.ts";
import {
  child,
  entriesOf,
  isNull,
  itemsOf,
  type Mapping,
  mapping,
  type Tree,
  textOf,
  withEntries,
} from "../tree/tree.ts";
import { Extension } from "./extends.ts";
import type { Files, Named } from "./files.ts";
import type { Loading } from "./loading.ts";
import { absolute, type Folders, folderOf, pathFrom, withAbsolutePaths } from "./paths.ts";

/** One project: the one that the user names, or one that a file includes. */
export interface Project {
  files: readonly string[];
  folder: string;
  variables: Variables;
  /** Files whose includes lead here, outermost first, as absolute paths with the shown ones. */
  chain: readonly { file: string; shown: string }[];
}

const included = ["services", "volumes", "networks", "secrets", "configs", "models"];

export class Loader implements Loading {
  readonly files: Files;
  readonly findings: Findings;
  readonly folders: Folders;

  constructor(files: Files, findings: Findings, folders: Folders) {
    this.files = files;
    this.findings = findings;
    this.folders = folders;
  }

  /** The document that the files of a project make, without marks. Null if there is none. */
  async document(project: Project, named: Named): Promise<Mapping | null> {
    let document: Tree | null = null;
    for (const file of project.files) {
      for (const tree of (await this.files.documents(file, named)) ?? []) {
        const own = await this.#prepared(tree, file, project);
        if (own) document = document ? merged(document, own, this.findings) : own;
      }
    }
    if (!document) return null;
    const once = unique(unmarked(document), this.findings);
    return once.kind === "mapping" ? once : null;
  }

  rough(tree: Tree, { folder, variables }: Pick<Project, "folder" | "variables">): Mapping | null {
    if (tree.kind !== "mapping") {
      const why = "a compose file is a mapping, and this is none";
      this.findings.error(tree.place, "", why, "Start it with services:");
      return null;
    }
    const document = longForms(interpolate(tree, variables, this.findings), this.findings);
    return withAbsolutePaths(document, folder, this.folders) as Mapping;
  }

  async #prepared(tree: Tree, file: string, project: Project): Promise<Mapping | null> {
    const own = this.rough(tree, project);
    if (!own) return null;
    const whole = await this.#withIncluded(own, file, project);
    return new Extension(this, project.variables).apply(whole, file, project.folder);
  }

  async #withIncluded(document: Mapping, file: string, project: Project): Promise<Mapping> {
    const list = child(document, "include");
    if (!list) return document;
    let result: Tree = withEntries(document, { include: undefined });
    if (list.kind !== "sequence" && !isNull(list))
      this.findings.error(list.place, "include", "it must be a list", "Write one path a line, each after a dash.");
    for (const item of itemsOf(list)) {
      const resources = await this.#include(item, file, project);
      // The including file goes before what it includes; of two included files, the first.
      if (resources) result = merged(resources, result, this.findings);
    }
    return result as Mapping;
  }

  async #include(item: Tree, file: string, project: Project): Promise<Tree | null> {
    const named = { place: item.place, what: "include" };
    const texts = (key: string): string[] => {
      const tree = child(item, key);
      return tree ? [tree, ...itemsOf(tree)].map(textOf).filter((text) => text !== undefined) : [];
    };
    const short = textOf(item);
    const from = (path: string) => pathFrom(project.folder, path, this.folders);
    const files = (short === undefined ? texts("path") : [short]).map(from);
    const [main] = files;
    if (main === undefined) {
      this.findings.error(item.place, "include", "it has no path", "Write a path, or path: FILE.");
      return null;
    }
    const chain = [...project.chain, { file: absolute(file, this.folders), shown: file }];
    if (this.#isCycle(files, chain, item.place)) return null;
    const given = texts("project_directory")[0];
    const folder = given === undefined ? folderOf(main) : from(given);
    const variables = await this.#includedVariables(texts("env_file").map(from), folder, project.variables, named);
    const document = await this.document({ files, folder, variables, chain }, named);
    if (!document) return null;
    const entries = entriesOf(document).filter(([key]) => included.includes(key));
    return mapping(entries, document.place);
  }

  #isCycle(files: readonly string[], chain: Project["chain"], place: Place): boolean {
    const again = files.find((path) => chain.some(({ file }) => file === absolute(path, this.folders)));
    if (again === undefined) return false;
    const shown = [...chain.map((one) => one.shown), again].join(" -> ");
    this.findings.error(place, "include", `files include each other: ${shown}`, "Remove one of these includes.");
    return true;
  }

  /** Variables of the including project go before those of the included one's files. */
  async #includedVariables(files: string[], folder: string, outer: Variables, named: Named): Promise<Variables> {
    const paths = files.length > 0 ? files : [posix.join(folder, ".env")];
    return this.variables(paths, outer, named, files.length > 0);
  }

  /** `outer`, with the variables of files behind it. A later file goes before an earlier one. */
  async variables(paths: readonly string[], outer: Variables, named: Named, required: boolean): Promise<Variables> {
    const found = new Map<string, string>();
    const lookup = (name: string) => outer.lookup(name) ?? found.get(name);
    for (const path of paths.filter((one) => one !== "/dev/null")) {
      const read = await this.files.variables(path, named, { lookup, warned: outer.warned }, { required });
      for (const [name, { value }] of read ?? []) found.set(name, value);
    }
    return { lookup, warned: outer.warned };
  }
}
