// What the documents may not contain: paths of one machine, links that lead nowhere, and long lines of prose.

import { existsSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { lineAt, type Project, ROOT } from "./project.ts";

export function machinePaths(project: Project): string[] {
  const faults: string[] = [];
  for (const file of project.documents) {
    for (const [index, line] of project.read(file).split("\n").entries()) {
      const path = /(?:^|[\s"'`(=])(\/(?:work|root|home\/(?!you\b|user\b)|Users\/(?!you\b))[\w./-]*)/.exec(line)?.[1];
      if (path) faults.push(`${file}:${index + 1} names ${path}, which readers do not have`);
    }
  }
  return faults;
}

/** Prose is wrapped at about 130 characters. This is more, so that a changed word does not wrap a whole paragraph again. */
const maxProseColumns = 140;

/** Lines that cannot be wrapped, or are made by a program: code, tables, pictures, and docs/CLI.md. */
export function longProse(project: Project): string[] {
  const faults: string[] = [];
  for (const file of project.documents.filter((name) => name !== "docs/CLI.md")) {
    let isCode = false;
    for (const [index, line] of project.read(file).split("\n").entries()) {
      if (/^\s*```/.test(line)) isCode = !isCode;
      if (isCode || line.length <= maxProseColumns || /^\s*(\||!\[|\[!\[|<)/.test(line)) continue;
      faults.push(`${file}:${index + 1} has ${line.length} columns: wrap it at 130`);
    }
  }
  return faults;
}

export function brokenLinks(project: Project, exists = (file: string) => existsSync(join(ROOT, file))): string[] {
  const faults: string[] = [];
  for (const file of project.documents) {
    // Code blocks show syntax; they link nothing.
    const text = project.read(file).replace(/```[\s\S]*?```|`[^`\n]*`/g, (code) => code.replace(/[^\n]/g, ""));
    for (const match of text.matchAll(/\[[^\]]*\]\(([^)\s]+)[^)]*\)/g)) {
      const [path, anchor] = (match[1] ?? "").split("#") as [string, string | undefined];
      if (/^[a-z]+:/.test(path)) continue;
      const at = `${file}:${lineAt(text, match.index)}`;
      const target = path === "" ? file : normalize(join(dirname(file), path));
      if (!exists(target)) faults.push(`${at} links to ${target}, which does not exist`);
      else if (anchor && target.endsWith(".md") && !anchorsOf(project.read(target)).has(anchor))
        faults.push(`${at} links to ${target}#${anchor}, a heading that does not exist`);
    }
  }
  return faults;
}

/** The anchors that a document's headings get: lower case, punctuation dropped, spaces as dashes. */
function anchorsOf(text: string): Set<string> {
  const slug = (heading: string) =>
    heading
      .trim()
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, "")
      .replace(/\s/g, "-");
  return new Set([...text.matchAll(/^#{1,6}\s+(.+)$/gm)].map((match) => slug(match[1] ?? "")));
}
