// The form of each file: its first comment, its length, its name, how it writes imports.

import { importsOf, type Project } from "./project.ts";

export const MAX_LINES = 400;

export const lengthOf = (text: string): number => text.trimEnd().split("\n").length;

export const withoutOpening = (project: Project): string[] =>
  project.code
    .filter((file) => !/^(#!.*\n)?(\/\/ |\/\*\*?\s)/.test(project.read(file)))
    .map((file) => `${file}: open it with one to six lines of comment: what it owns, and what it must not do`);

export const badNames = (project: Project): string[] =>
  project.code
    .filter((file) => !/^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+)*\.ts$/.test(file.split("/").at(-1) ?? ""))
    .map((file) => `${file}: file names are kebab-case`);

export const importsWithoutEnding = (project: Project): string[] =>
  project.code.flatMap((file) =>
    importsOf(project, file)
      .filter(({ target }) => target.startsWith(".") && !/\.(ts|json|html|css|md|service)$/.test(target))
      .map(({ target, line }) => `${file}:${line} imports ${target}: write the file's name, with its ending`),
  );
