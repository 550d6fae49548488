// The entrance of this folder: compose files to one resolved document with places. Reads through the given reader only.

import { posix } from "node:path";
import { limits } from "../model/limits.ts";
import { type Finding, Findings, type Place } from "./findings.ts";
import type { Variables } from "./interpolation/interpolate.ts";
import { substitute } from "./interpolation/substitute.ts";
import { keysNotHonoured } from "./keys/key-lookup.ts";
import type { Answer } from "./keys/row.ts";
import { Loader } from "./load/documents.ts";
import { Files, type Named } from "./load/files.ts";
import { type Folders, folderOf } from "./load/paths.ts";
import { type Content, readContents } from "./project/contents.ts";
import { withDependencies } from "./project/dependencies.ts";
import { withEnvironment } from "./project/environment.ts";
import { withProfiles } from "./project/profiles.ts";
import { checkReferences } from "./project/references.ts";
import type { Reader } from "./reader.ts";
import { schemaMistakes } from "./schema/mistakes.ts";
import {
  type Mapping,
  type Path,
  pathText,
  placeOf,
  plain,
  scalar,
  type Tree,
  textOf,
  withEntries,
} from "./tree/tree.ts";

export interface ComposeRequest {
  /** Empty: COMPOSE_FILE of the environment or of .env, else the default names in the working folder and those above it. */
  files: readonly string[];
  profiles: readonly string[];
  /** Files of variables in the place of `.env`. Empty: those of COMPOSE_ENV_FILES of the environment, else `.env`. */
  envFiles: readonly string[];
  env: Readonly<Record<string, string | undefined>>;
  /** The working folder, absolute. */
  cwd: string;
}

export type { Content } from "./project/contents.ts";

export interface ComposeDocument {
  /** The plain value of the resolved document: long forms, absolute paths, without profiles that are not enabled. */
  value: Record<string, unknown>;
  /** Where a path of `value` is written. */
  placeOf(path: Path): Place;
  /** Of the configs and secrets that the file makes, by path: "configs.app". */
  contents: ReadonlyMap<string, Content>;
}

/** A key that Podling does not honour. */
export interface KeyReport {
  says: Answer;
  place: Place;
  /** The path of the key: "services.web.annotations". */
  what: string;
  because: string;
  instead: string;
}

export interface ComposeOutcome {
  /** Null after an error. */
  document: ComposeDocument | null;
  findings: readonly Finding[];
  /** Empty after an error. */
  report: readonly KeyReport[];
}

/** In the order of preference. */
export const defaultNames = ["compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml"];
const overrideNames = [
  "compose.override.yaml",
  "compose.override.yml",
  "docker-compose.override.yaml",
  "docker-compose.override.yml",
];

export async function readCompose(request: ComposeRequest, reader: Reader): Promise<ComposeOutcome> {
  const findings = new Findings();
  const reading = new Reading(request, reader, findings);
  const tree = await reading.document();
  if (!tree || findings.failed) return { document: null, findings: findings.list, report: [] };
  const value = plain(tree) as Record<string, unknown>;
  const { contents } = reading;
  const document = { value, contents, placeOf: (path: Path) => placeOf(tree, path) };
  return { document, findings: findings.list, report: reading.report };
}

class Reading {
  readonly #request: ComposeRequest;
  readonly #reader: Reader;
  readonly #findings: Findings;
  readonly #files: Files;
  readonly #folders: Folders;
  report: readonly KeyReport[] = [];
  contents: ReadonlyMap<string, Content> = new Map();

  constructor(request: ComposeRequest, reader: Reader, findings: Findings) {
    this.#request = request;
    this.#reader = reader;
    this.#findings = findings;
    this.#files = new Files(reader, findings);
    this.#folders = { cwd: request.cwd, home: request.env.HOME };
  }

  async document(): Promise<Mapping | null> {
    const { profiles } = this.#request;
    const files = await this.#fileNames();
    const [main] = files;
    if (main === undefined) return null;
    const folder = folderOf(main);
    const loader = new Loader(this.#files, this.#findings, this.#folders);
    const variables = await this.#variables(loader, folder);
    const named = commandLine;
    const name = await this.#projectName(files, folder, variables, named);
    const lookup = (key: string) => (key === "COMPOSE_PROJECT_NAME" ? name.text : variables.lookup(key));
    const whole = await loader.document({ files, folder, variables: { ...variables, lookup }, chain: [] }, named);
    if (!whole) {
      if (!this.#findings.failed)
        this.#findings.error(startOf(main), "", "the file is empty", "Start it with services:");
      return null;
    }
    if (this.#isTooLarge(whole)) return null;
    const enabled =
      profiles.length > 0 ? profiles : (lookup("COMPOSE_PROFILES") ?? "").split(",").filter((one) => one !== "");
    return this.#finished(whole, name, enabled, { ...variables, lookup });
  }

  async #finished(
    whole: Mapping,
    name: ProjectName,
    enabled: readonly string[],
    variables: Variables,
  ): Promise<Mapping> {
    const version = whole.entries.get("version");
    if (version) this.#findings.warn(version.place, "version", "this key has no effect", "Remove it.");
    this.#checkSchema(whole);
    const written = withEntries(whole, { version: undefined });
    if (!this.#findings.failed) this.report = reportOf(withProfiles(written, enabled, new Findings()).document);
    const own = withEntries(written, { name: scalar(name.text, name.place) });
    const { document, leftOut } = withProfiles(withDependencies(own), enabled, this.#findings);
    const complete = await withEnvironment(document, variables, this.#files);
    // After an error, names that lead nowhere are mostly its consequences.
    if (!this.#findings.failed) checkReferences({ document: complete, leftOut }, this.#findings);
    this.contents = await readContents(complete, variables, this.#files, this.#findings);
    return complete;
  }

  /** The files of the request, as they are shown. Empty if there are none, which is then reported. */
  async #fileNames(): Promise<readonly string[]> {
    const { files } = this.#request;
    if (files.length > 0) return files.map((file) => (file === "-" ? file : posix.normalize(file)));
    // What is wrong in these files is reported when they are read for the variables of the project.
    const unreported = new Findings();
    const loader = new Loader(new Files(this.#reader, unreported), unreported, this.#folders);
    const { lookup } = await this.#variables(loader, ".");
    const separator = lookup("COMPOSE_PATH_SEPARATOR") || ":";
    const given = (lookup("COMPOSE_FILE") ?? "").split(separator).filter((file) => file !== "");
    if (given.length > 0) return given;
    const depth = this.#request.cwd.split("/").length;
    for (let level = 0, folder = "."; level < depth; level++, folder = posix.join(folder, "..")) {
      const [main, ...others] = await this.#existing(defaultNames, folder);
      if (main === undefined) continue;
      const [override] = await this.#existing(overrideNames, folder);
      for (const other of others)
        this.#findings.warn(
          startOf(other),
          "",
          `the file is not read, because there is ${main}`,
          "Remove one of the two.",
        );
      return override === undefined ? [main] : [main, override];
    }
    const why = `there is no ${defaultNames.join(", ")} in this folder or above it`;
    this.#findings.error(startOf("."), "", why, "Name the file: podling validate -f FILE.");
    return [];
  }

  async #existing(names: readonly string[], folder: string): Promise<string[]> {
    const paths = names.map((name) => posix.join(folder, name));
    const reads = await Promise.all(paths.map((path) => this.#reader.read(path)));
    return paths.filter((_, index) => reads[index]!.found);
  }

  /** The environment, and behind it the variables of `.env` or of the files that the user names. */
  async #variables(loader: Loader, folder: string): Promise<Variables> {
    const { env } = this.#request;
    const listed = (env.COMPOSE_ENV_FILES ?? "").split(",").filter((path) => path !== "");
    const envFiles = this.#request.envFiles.length > 0 ? this.#request.envFiles : listed;
    const outer: Variables = { lookup: (name) => env[name], warned: new Set() };
    const paths = envFiles.length > 0 ? envFiles : [posix.join(folder, ".env")];
    return loader.variables(paths, outer, commandLine, envFiles.length > 0);
  }

  async #projectName(
    files: readonly string[],
    folder: string,
    { lookup }: Variables,
    named: Named,
  ): Promise<ProjectName> {
    const given = lookup("COMPOSE_PROJECT_NAME");
    if (given) return this.#checkedName(given, startOf("COMPOSE_PROJECT_NAME"));
    let found: Tree | undefined;
    for (const file of files)
      for (const tree of (await this.#files.documents(file, named)) ?? [])
        found = (tree.kind === "mapping" ? tree.entries.get("name")?.value : undefined) ?? found;
    const written = textOf(found);
    const name = written === undefined ? undefined : substitute(written, lookup);
    if (found && name?.ok && name.value.text !== "") return this.#checkedName(name.value.text, found.place);
    const base = posix.basename(posix.resolve(this.#folders.cwd, folder));
    return { text: normalName(base) || "default", place: startOf(files[0]!) };
  }

  #checkedName(text: string, place: Place): ProjectName {
    if (/^[a-z0-9][a-z0-9_-]*$/.test(text)) return { text, place };
    const why = `${JSON.stringify(text)} has other characters than a-z, 0-9, - and _, or starts with - or _`;
    this.#findings.error(place, "name", why, `Write ${normalName(text) || "a name"}.`);
    return { text: normalName(text) || "default", place };
  }

  /** Mistakes of a value that has an error already are left out: they follow from it. */
  #checkSchema(whole: Mapping): void {
    const known = new Set(this.#findings.list.filter(({ level }) => level === "error").map(({ what }) => what));
    for (const { path, message } of schemaMistakes(plain(whole))) {
      if (known.has(pathText(path))) continue;
      const place = placeOf(whole, path);
      const [why = "", ...next] = message.split(/(?<=: )(?=did you mean)/);
      const hint = next.join("") || "See docs/COMPOSE.md for all keys.";
      this.#findings.error(place, pathText(path), why.replace(/: $/, ""), hint.charAt(0).toUpperCase() + hint.slice(1));
    }
  }

  #isTooLarge(tree: Tree): boolean {
    if (sizeOf(tree, new Map()) <= limits.composeResolvedValues) return false;
    const why = `with extends and aliases, the document has more than ${limits.composeResolvedValues} values`;
    this.#findings.error(tree.place, "", why, "Split it into several apps.");
    return true;
  }
}

/** Without what the short form of a port or a mount says by default, and with a range of ports as one. */
function reportOf(document: Mapping): KeyReport[] {
  const seen = new Set<string>();
  return keysNotHonoured(plain(document)).flatMap(({ place: path, support }) => {
    const { says, because, instead } = support;
    const place = placeOf(document, path);
    const key = `${place.file}:${place.line}:${place.column} ${path.at(-1)}`;
    const isDefault = byDefault.includes(path.at(-1)!) && place === placeOf(document, path.slice(0, -1));
    if (isDefault || seen.has(key)) return [];
    seen.add(key);
    return [{ says, because, instead, place, what: pathText(path) }];
  });
}

const byDefault: readonly (string | number)[] = ["mode", "create_host_path"];

interface ProjectName {
  text: string;
  place: Place;
}

const normalName = (text: string): string =>
  text
    .toLowerCase()
    .replace(/[^a-z0-9_-]/g, "")
    .replace(/^[_-]+/, "");

const startOf = (file: string): Place => ({ file, line: 1, column: 1 });

const commandLine: Named = { place: null, what: "" };

/** Values in a tree; those of a shared part count as often as it is used, and are counted once. */
function sizeOf(tree: Tree, known: Map<Tree, number>): number {
  if (tree.kind === "scalar") return 1;
  const before = known.get(tree);
  if (before !== undefined) return before;
  const inner = tree.kind === "sequence" ? tree.items : [...tree.entries.values()].map(({ value }) => value);
  const size = inner.reduce((sum, value) => sum + sizeOf(value, known), 1);
  known.set(tree, size);
  return size;
}
