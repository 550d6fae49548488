// What is read from the test runner's output, and how files become units.

import { expect, test } from "bun:test";
import { readFileTimes, readTotals } from "./run-unit.ts";
import { needsEngine, raceUnits, unitsOf } from "./units.ts";

const output = `bun test v1.4.5

test/a.test.ts:
(pass) one > two [10.50ms]
(fail) three [5ms]
(skip) four

src/b.test.ts:
(pass) quick
(pass) slow [1000.25ms]

 3 pass
 1 skip
 2 todo
 1 fail
 7 expect() calls
Ran 5 tests across 2 files. [2.00s]
`;

test("totals; none where the runner ended early", () => {
  expect(readTotals(output)).toEqual({ passed: 3, failed: 1, skipped: 3 });
  expect(readTotals(output.replace("Ran 5", "Running 5"))).toBeNull();
});

test("the time of each file", () => {
  expect([...readFileTimes(output)]).toEqual([
    ["test/a.test.ts", 15.5],
    ["src/b.test.ts", 1000.25],
  ]);
});

test("a file needs an engine by its name, its folder or what it imports", () => {
  expect(needsEngine("test/x.engine.test.ts", "")).toBe(true);
  expect(needsEngine("tools/lab/x.test.ts", "")).toBe(true);
  expect(needsEngine("test/x.test.ts", 'import { Lab } from "../tools/lab/lab.ts";')).toBe(true);
  expect(needsEngine("test/x.test.ts", 'import { until } from "../tools/lab/until.ts";')).toBe(false);
});

test("quick files share a process by folder; the others have their own, long ones first", () => {
  const files = [
    "src/core/tick.test.ts",
    "src/lib/sse.test.ts",
    "test/docs.test.ts",
    "test/cli/help.test.ts",
    "test/cli/run.test.ts",
    "test/demo.test.ts",
    "test/system/kills.test.ts",
  ];
  expect(unitsOf(files).map(({ title }) => title)).toEqual([
    "src: 2 files",
    "test/docs.test.ts",
    "test/cli: 2 files",
    "test/system/kills.test.ts",
    "test/demo.test.ts",
  ]);
});

test("a race unit is one file", () => {
  expect(raceUnits(["src/a.test.ts", "src/b.race.test.ts"]).map(({ title }) => title)).toEqual(["src/b.race.test.ts"]);
});
