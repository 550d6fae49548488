// The files that the tidy checks read: this checkout, or a small fixture in a test of the checks themselves. It only
// reads; the checks live in the files beside it.

import { existsSync, readFileSync } from "node:fs";
import { dirname, join, normalize, resolve } from "node:path";

export const ROOT = resolve(import.meta.dir, "../..");

/** A set of files by path from the root of the checkout. */
export interface Project {
  /** TypeScript files of src, test, bench, scripts and tools, sorted. */
  code: string[];
  /** Markdown files, sorted. */
  documents: string[];
  /** Makefile, shell scripts and workflows. */
  commands: string[];
  read(file: string): string;
}

export interface Import {
  /** As written. */
  target: string;
  line: number;
}

const folders = ["src", "test", "bench", "scripts", "tools"];

function scan(folder: string, pattern: string): string[] {
  const cwd = join(ROOT, folder);
  if (!existsSync(cwd)) return [];
  return [...new Bun.Glob(pattern).scanSync({ cwd })].map((file) => normalize(join(folder, file))).sort();
}

const shellScripts = (): string[] => scan("scripts", "*").filter((file) => !file.includes("."));

export function checkout(): Project {
  const texts = new Map<string, string>();
  return {
    code: folders.flatMap((folder) => scan(folder, "**/*.ts")),
    documents: [...scan(".", "*.md"), ...[...folders, "docs"].flatMap((folder) => scan(folder, "**/*.md"))],
    commands: ["Makefile", ".ci/run", ...shellScripts(), ...scan(".github/workflows", "*.yml")],
    read(file) {
      const text = texts.get(file) ?? readFileSync(join(ROOT, file), "utf8");
      texts.set(file, text);
      return text;
    },
  };
}

/** A project of a few texts, for the tests of the checks. */
export function fixture(texts: Record<string, string>): Project {
  const files = Object.keys(texts).sort();
  return {
    code: files.filter((file) => file.endsWith(".ts")),
    documents: files.filter((file) => file.endsWith(".md")),
    commands: files.filter((file) => !/\.(ts|md)$/.test(file)),
    read: (file) => texts[file] ?? "",
  };
}

export const isSource = (file: string): boolean => file.startsWith("src/");

export const isTest = (file: string): boolean =>
  /\.(test|contract)\.ts$/.test(file) || file.startsWith("test/") || file.startsWith("tools/");

/** Files of src that are part of the product. */
export const production = (project: Project): string[] =>
  project.code.filter((file) => isSource(file) && !isTest(file));

/** "src/core/schedule/filters.ts" is in the folder "core", "src/main.ts" in "main.ts". */
export const folderOf = (file: string): string => file.split("/")[1] ?? "";

/** The folder whose allowance a file counts against: at most two levels, so that a split or a rename costs nothing. */
export function areaOf(file: string): string {
  const parts = file.split("/").slice(0, -1);
  return parts.length === 0 ? "." : parts.slice(0, 2).join("/");
}

export const lineAt = (text: string, index: number): number => text.slice(0, index).split("\n").length;

/** What a file imports, as written. Type-only imports count: they are dependencies for a reader too. */
export function importsOf(project: Project, file: string): Import[] {
  const text = project.read(file);
  const found = [...text.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*"([^"]+)"/g)];
  return found.map((match) => ({ target: match[1] ?? "", line: lineAt(text, match.index) }));
}

/** The path from the root that a relative import leads to, or null for a package. */
export const resolveImport = (file: string, target: string): string | null =>
  target.startsWith(".") ? normalize(join(dirname(file), target)) : null;

/** Source without comments, line for line: a ban is on code, and a comment may well name what is banned. */
export function codeLines(text: string): string[] {
  const withoutBlocks = text.replace(/\/\*[\s\S]*?\*\//g, (block) => block.replace(/[^\n]/g, ""));
  return withoutBlocks.split("\n").map((line) => line.replace(/(^|\s)\/\/.*$/, ""));
}
