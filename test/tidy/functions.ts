// The length of functions, methods and arrow functions, in lines of code (blank lines and comments do not count), as
// Biome's parser sees them. Biome's own limit is not used, because it has no list of exceptions that may only shrink.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./project.ts";

export const MAX_FUNCTION_LINES = 70;

/** Biome reports what is longer than 50 lines by default; a lower limit than that would need its configuration. */
const RULE = "complexity/noExcessiveLinesPerFunction";

export interface LongFunction {
  file: string;
  name: string;
  lines: number;
}

interface Report {
  diagnostics: { message: string; location: { path: string; start: { line: number; column: number } } }[];
}

/** The name that is written at or before a function's first character. */
function nameOf(line: string, column: number): string {
  const from = line.slice(column - 1);
  const before = line.slice(0, column - 1);
  const declared =
    /^(?:export\s+|default\s+|async\s+|static\s+|private\s+|readonly\s+|get\s+|set\s+)*(?:function\*?\s*)?(#?\w+)\s*[(<]/.exec(
      from,
    )?.[1];
  const assigned = /(#?[\w$]+)\s*(?::[^=]*)?[=:]\s*(?:async\s*)?$/.exec(before)?.[1];
  if (assigned !== undefined) return assigned;
  if (declared !== undefined && declared !== "async" && declared !== "function") return declared;
  return before.trim() === "" ? "anonymous" : before.trim().replace(/\(.*$/, "(...)");
}

/**
 * Functions of more than `limit` lines (at least 50) in the folders, which are relative to `cwd`. A suite (the function
 * that is handed to describe) is a list of tests, so it does not count.
 */
export function longFunctions(folders: string[], limit: number, cwd = ROOT): LongFunction[] {
  const biome = join(ROOT, "node_modules/.bin/biome");
  const command = [biome, "lint", `--only=${RULE}`, "--reporter=json", "--max-diagnostics=none", ...folders];
  const { stdout, stderr } = Bun.spawnSync(command, { cwd });
  const text = stdout.toString();
  if (!text.startsWith("{")) throw new Error(`biome gave no report: ${stderr.toString()}`);
  const found: LongFunction[] = [];
  const sources = new Map<string, string[]>();
  for (const { message, location } of (JSON.parse(text) as Report).diagnostics) {
    const lines = Number(/too many lines \((\d+)\)/.exec(message)?.[1] ?? 0);
    if (lines <= limit) continue;
    const file = location.path;
    const source = sources.get(file) ?? readFileSync(join(cwd, file), "utf8").split("\n");
    sources.set(file, source);
    const line = source[location.start.line - 1] ?? "";
    if (/^\s*describe\w*\b/.test(line)) continue;
    found.push({ file, name: nameOf(line, location.start.column), lines });
  }
  return found;
}
