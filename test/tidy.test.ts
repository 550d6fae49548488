// Architecture and style as a test: who may import whom, what no file may contain, how long files and functions get, which
// words are not used, and whether the documents' links lead somewhere. The rules are data in test/tidy/; a violation is
// reported with the sentence that says why. test/tidy/checks.test.ts shows that each check can fail.

import { afterAll, describe, expect, test } from "bun:test";
import { CHANGE_TYPES, CIRCLES, LONG_FILES, LONG_FUNCTIONS, WORDS } from "./tidy/allowances.ts";
import { BANS, bannedCode } from "./tidy/bans.ts";
import { brokenLinks, longProse, machinePaths } from "./tidy/documents.ts";
import {
  adapterViolations,
  doorViolations,
  driverViolations,
  missingDoors,
  simViolations,
  testImports,
} from "./tidy/doors.ts";
import { badNames, importsWithoutEnding, lengthOf, MAX_LINES, withoutOpening } from "./tidy/files.ts";
import { longFunctions, MAX_FUNCTION_LINES } from "./tidy/functions.ts";
import { circlesOf, compareCircles, deadFiles, duplicateTestNames, graphOf } from "./tidy/imports.ts";
import { checkout } from "./tidy/project.ts";
import { type Compared, compare, comparePlaces } from "./tidy/ratchet.ts";
import { bannedWords, changeTypeLiterals } from "./tidy/words.ts";

const project = checkout();
const notes: string[] = [];

/** Fails with all sentences at once, one a line. */
function expectNone(faults: string[]): void {
  expect(faults.join("\n")).toBe("");
}

/** The same for a count with an allowance. Counts that fell are listed at the end. */
function expectNoRise(title: string, { faults, notes: fell }: Compared): void {
  if (fell.length > 0) notes.push(`${title}: ${fell.join(", ")}`);
  expectNone(faults);
}

const linesAllowed = (list: Record<string, { lines: number }>): Record<string, number> =>
  Object.fromEntries(Object.entries(list).map(([key, { lines }]) => [key, lines]));

afterAll(() => {
  if (notes.length > 0)
    process.stderr.write(`note: lower these in test/tidy/allowances.ts:\n  ${notes.join("\n  ")}\n`);
});

describe("doors", () => {
  test("every folder of src is in the table", () => expectNone(missingDoors(project)));
  test("folders import only through their doors", () => expectNone(doorViolations(project)));
  test("drivers stay in the folders that drive", () => expectNone(driverViolations(project)));
  test("only main.ts names adapters", () => expectNone(adapterViolations(project)));
  test("only main.ts and tests import the simulation", () => expectNone(simViolations(project)));
  test("production imports no test", () => expectNone(testImports(project)));
});

describe("imports", () => {
  test("every file is imported, or is an entry point", () => expectNone(deadFiles(project)));
  test("no new circles", () => expectNoRise("circles", compareCircles(circlesOf(graphOf(project)), CIRCLES)));
  test("test files have unique names", () => expectNone(duplicateTestNames(project)));
});

describe("bans", () => {
  for (const ban of BANS) test(`no ${ban.pattern.source}`, () => expectNone(bannedCode(project, ban)));

  test("change types are literals in core and model only", () => {
    expectNoRise("change types", comparePlaces(changeTypeLiterals(project), CHANGE_TYPES));
  });
});

describe("words", () => {
  test("banned words", () => expectNoRise("banned words", comparePlaces(bannedWords(project), WORDS)));
});

describe("files", () => {
  test("each opens with a comment that says what it owns", () => expectNone(withoutOpening(project)));
  test("names are kebab-case", () => expectNone(badNames(project)));
  test("imports name their file, with .ts", () => expectNone(importsWithoutEnding(project)));

  test(`none has more than ${MAX_LINES} lines`, () => {
    const lengths = project.code.map((file): [string, number] => [file, lengthOf(project.read(file))]);
    const long = new Map(lengths.filter(([, lines]) => lines > MAX_LINES));
    const describe = (file: string, lines: number, limit: number) =>
      `${file} has ${lines} lines, ${limit || MAX_LINES} are allowed: a file is one concept; split it`;
    expectNoRise("long files", compare(long, linesAllowed(LONG_FILES), describe));
  });
});

describe("functions", () => {
  test(`none has more than ${MAX_FUNCTION_LINES} lines of code`, () => {
    const found = longFunctions(["src", "test", "bench", "scripts", "tools"], MAX_FUNCTION_LINES);
    const long = new Map(found.map(({ file, name, lines }) => [`${file} ${name}`, lines]));
    const describe = (key: string, lines: number, limit: number) =>
      `${key} has ${lines} lines of code, ${limit || MAX_FUNCTION_LINES} are allowed: split it`;
    expectNoRise("long functions", compare(long, linesAllowed(LONG_FUNCTIONS), describe));
  }, 60_000); // Biome parses everything.
});

describe("documents", () => {
  test("name no path of the machine they were written on", () => expectNone(machinePaths(project)));
  test("lines of prose are wrapped", () => expectNone(longProse(project)));
  test("links lead somewhere", () => expectNone(brokenLinks(project)));
});
