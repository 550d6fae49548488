// Coverage: the sums over processes, the lines of files that no test loads, and the floor.

import { describe, expect, test } from "bun:test";
import { addLcov, belowFloor, byFolder, type Hits, uncoveredLines, writeLcov } from "./coverage.ts";

const lcov = (file: string, ...lines: [number, number][]) =>
  `TN:\nSF:${file}\n${lines.map(([line, count]) => `DA:${line},${count}\n`).join("")}LF:9\nLH:9\nend_of_record\n`;

describe("lcov", () => {
  test("counts of several processes add up", () => {
    const hits: Hits = new Map();
    addLcov(hits, lcov("src/core/a.ts", [1, 2], [3, 0]) + lcov("src/api/b.ts", [1, 1]));
    addLcov(hits, lcov("src/core/a.ts", [1, 1], [3, 0], [4, 1]));
    expect(writeLcov(hits)).toBe(
      "TN:\nSF:src/core/a.ts\nDA:1,3\nDA:3,0\nDA:4,1\nLF:3\nLH:2\nend_of_record\n" +
        "TN:\nSF:src/api/b.ts\nDA:1,1\nLF:1\nLH:1\nend_of_record\n",
    );
  });
});

describe("a file that no test loads", () => {
  test("counts with its lines of code", () => {
    const text =
      '// What it owns.\n\nimport { x } from "./x.ts";\n\n/* two\nlines */\nexport const y = x;\nrun(y); // why\n';
    expect(uncoveredLines(text)).toEqual([7, 8]);
  });

  test("counts nothing when it has only types or exports", () => {
    expect(uncoveredLines("// Types.\nexport interface A {\n  b: string;\n}\nexport type C = A | null;\n")).toEqual([]);
    expect(uncoveredLines('// Exports.\nexport { a } from "./a.ts";\n')).toEqual([]);
  });
});

describe("the floor", () => {
  const hits = (folder: string, run: number): Hits => {
    const lines = Array.from({ length: 100 }, (_, line): [number, number] => [line, line < run ? 1 : 0]);
    return new Map([[`src/${folder}/a.ts`, new Map(lines)]]);
  };

  test("is per folder of src", () => {
    expect(belowFloor(byFolder(hits("core", 95)))).toEqual([]);
    expect(belowFloor(byFolder(hits("core", 94)))).toEqual([expect.stringContaining("src/core: tests run 94.00 %")]);
    expect(belowFloor(byFolder(hits("worker", 89)))).toHaveLength(1);
    expect(belowFloor(byFolder(hits("cli", 1)))).toEqual([]);
  });

  test("does not apply to the sum", () => {
    expect(byFolder(hits("core", 50)).map(({ folder, floor }) => [folder, floor])).toEqual([
      ["core", 95],
      ["all", null],
    ]);
  });
});
