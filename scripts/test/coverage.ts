// Coverage of src by lines: adds up the lcov files of all test processes, counts files that no test loads as not covered,
// writes coverage/lcov.info and coverage/coverage.html, prints a table by folder, and compares it with the floor.

import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { type CoverageMapData, createCoverageMap } from "istanbul-lib-coverage";
import { createContext } from "istanbul-lib-report";
import { create as createReport } from "istanbul-reports";

/** Least part of the lines of a folder of src that tests must run, in percent. */
export const FLOOR: Record<string, number> = { core: 95, journal: 95, api: 90, master: 90, worker: 90 };

const FOLDER = "coverage";
const PARTS = join(FOLDER, "parts");

/** Hits by line number, by file. */
export type Hits = Map<string, Map<number, number>>;

/** Each test process writes its own lcov.info, because Bun overwrites the file. */
export const partFolder = (number: number): string => join(PARTS, String(number));

export function clearCoverage(): void {
  rmSync(FOLDER, { recursive: true, force: true });
  mkdirSync(PARTS, { recursive: true });
}

/** Adds the counts of one lcov text. */
export function addLcov(hits: Hits, lcov: string): void {
  let lines: Map<number, number> | null = null;
  for (const row of lcov.split("\n")) {
    if (row.startsWith("SF:")) {
      const file = row.slice(3);
      lines = hits.get(file) ?? new Map();
      hits.set(file, lines);
    } else if (row.startsWith("DA:") && lines !== null) {
      const [line, count] = row.slice(3).split(",").map(Number) as [number, number];
      lines.set(line, (lines.get(line) ?? 0) + count);
    }
  }
}

const isProduct = (file: string): boolean => file.startsWith("src/") && !/\.(test|contract)\.ts$/.test(file);

/** The lines of a file that no test loaded: those that are not blank, comment or only types. */
export function uncoveredLines(text: string): number[] {
  const compiled = new Bun.Transpiler({ loader: "ts" }).transformSync(text);
  if (compiled.replace(/^\s*(import|export) .*from .*$|^\s*export \{\s*\};?$/gm, "").trim() === "") return [];
  const withoutComments = text
    .replace(/\/\*[\s\S]*?\*\//g, (block) => block.replace(/[^\n]/g, ""))
    .split("\n")
    .map((line) => line.replace(/(^|\s)\/\/.*$/, "").trim());
  return withoutComments.flatMap((line, index) => (line === "" || line.startsWith("import ") ? [] : [index + 1]));
}

function collect(): Hits {
  const hits: Hits = new Map();
  for (const part of existsSync(PARTS) ? readdirSync(PARTS) : []) {
    const path = join(PARTS, part, "lcov.info");
    if (existsSync(path)) addLcov(hits, readFileSync(path, "utf8"));
  }
  for (const file of [...hits.keys()]) if (!isProduct(file)) hits.delete(file);
  for (const name of new Bun.Glob("**/*.ts").scanSync({ cwd: "src" })) {
    const file = join("src", name);
    if (!isProduct(file) || hits.has(file)) continue;
    const lines = uncoveredLines(readFileSync(file, "utf8"));
    if (lines.length > 0) hits.set(file, new Map(lines.map((line) => [line, 0])));
  }
  return new Map([...hits].sort(([left], [right]) => (left < right ? -1 : 1)));
}

const covered = (lines: Map<number, number>): number => [...lines.values()].filter((count) => count > 0).length;

export function writeLcov(hits: Hits): string {
  const records = [...hits].map(([file, lines]) => {
    const rows = [...lines].sort(([left], [right]) => left - right).map(([line, count]) => `DA:${line},${count}`);
    return ["TN:", `SF:${file}`, ...rows, `LF:${lines.size}`, `LH:${covered(lines)}`, "end_of_record", ""].join("\n");
  });
  return records.join("");
}

function writePages(hits: Hits): void {
  const data: CoverageMapData = {};
  for (const [file, lines] of hits) {
    const path = resolve(file);
    const statements = [...lines].map(([line, count]) => ({ line, count }));
    const span = (line: number) => ({ start: { line, column: 0 }, end: { line, column: 1_000 } });
    data[path] = {
      path,
      statementMap: Object.fromEntries(statements.map(({ line }, index) => [index, span(line)])),
      s: Object.fromEntries(statements.map(({ count }, index) => [index, count])),
      ...{ fnMap: {}, f: {}, branchMap: {}, b: {} },
    };
  }
  const context = createContext({ dir: FOLDER, coverageMap: createCoverageMap(data), defaultSummarizer: "nested" });
  createReport("html", { subdir: "html" }).execute(context);
  const refresh = '<meta http-equiv="refresh" content="0; url=html/index.html">';
  writeFileSync(
    join(FOLDER, "coverage.html"),
    `<!doctype html><title>Coverage of Podling</title>${refresh}<a href="html/index.html">Coverage of Podling</a>\n`,
  );
}

export interface FolderCoverage {
  folder: string;
  lines: number;
  covered: number;
  percent: number;
  floor: number | null;
}

export function byFolder(hits: Hits): FolderCoverage[] {
  const sums = new Map<string, { lines: number; covered: number }>();
  for (const [file, lines] of hits) {
    const folder = file.split("/")[1] ?? "";
    for (const key of [folder, "all"]) {
      const sum = sums.get(key) ?? { lines: 0, covered: 0 };
      sum.lines += lines.size;
      sum.covered += covered(lines);
      sums.set(key, sum);
    }
  }
  const order = [...sums].sort(([left], [right]) => Number(left === "all") - Number(right === "all"));
  return order.map(([folder, sum]) => {
    return { folder, ...sum, percent: (100 * sum.covered) / sum.lines, floor: FLOOR[folder] ?? null };
  });
}

/** One sentence for each folder that is below its floor. */
export const belowFloor = (folders: FolderCoverage[]): string[] =>
  folders
    .filter(({ percent, floor }) => floor !== null && percent < floor)
    .map(
      ({ folder, percent, floor }) =>
        `src/${folder}: tests run ${percent.toFixed(2)} % of the lines, ${floor} % are asked for`,
    );

/** Writes the reports and prints the table. Returns the sentences about folders below the floor, for a `whole` run. */
export function reportCoverage(whole: boolean): string[] {
  const hits = collect();
  writeFileSync(join(FOLDER, "lcov.info"), writeLcov(hits));
  writePages(hits);
  rmSync(PARTS, { recursive: true, force: true });
  const folders = byFolder(hits);
  const rows = folders.map(({ folder, lines, covered: run, percent, floor }) => {
    const asked = floor === null || !whole ? "" : `  at least ${floor} %`;
    return `  ${folder.padEnd(10)} ${percent.toFixed(2).padStart(6)} %  ${String(run).padStart(6)} of ${String(lines).padStart(6)} lines${asked}`;
  });
  process.stdout.write(`\n== coverage of src (pages: coverage/coverage.html)\n${rows.join("\n")}\n`);
  if (!whole) process.stdout.write("  only a part of the tests ran, so the floors do not apply\n");
  return whole ? belowFloor(folders) : [];
}
