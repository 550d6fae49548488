// Shows that each tidy check can fail: each gets a small project with one planted fault, and must name it.

import { describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BANS, bannedCode } from "./bans.ts";
import { brokenLinks, longProse, machinePaths } from "./documents.ts";
import {
  adapterViolations,
  doorViolations,
  driverViolations,
  missingDoors,
  simViolations,
  testImports,
} from "./doors.ts";
import { badNames, importsWithoutEnding, lengthOf, withoutOpening } from "./files.ts";
import { longFunctions } from "./functions.ts";
import { circlesOf, compareCircles, deadFiles, duplicateTestNames, graphOf } from "./imports.ts";
import { areaOf, fixture } from "./project.ts";
import { compare, comparePlaces } from "./ratchet.ts";
import { bannedWords, changeTypeLiterals } from "./words.ts";

const importing = (target: string) => `// A file.\nimport { x } from "${target}";\n`;

describe("doors", () => {
  test("a folder that is not in the table", () => {
    expect(missingDoors(fixture({ "src/attic/a.ts": "" }))).toHaveLength(1);
    expect(missingDoors(fixture({ "src/main.ts": "" }))).toEqual([]);
  });

  test.each([
    ["core", "../api/errors.ts"],
    ["lib", "../model/ids.ts"],
    ["master", "../worker/worker.ts"],
    ["worker", "../core/tick.ts"],
    ["worker", "../runtime/docker/docker-runtime.ts"],
    ["cli", "../sim/run/run.ts"],
    ["compose", "../api/client.ts"],
    ["network", "../worker/worker.ts"],
    ["dashboard", "../master/master.ts"],
  ])("%s imports %s", (folder, target) => {
    const [fault, ...others] = doorViolations(fixture({ [`src/${folder}/a.ts`]: importing(target) }));
    expect(fault).toStartWith(`src/${folder}/a.ts:2 imports ${target.slice(3)}: `);
    expect(others).toEqual([]);
  });

  test.each([
    ["dashboard", "../core/tick.ts"],
    ["cli", "../compose/parse.ts"],
    ["worker", "../runtime/containers.ts"],
    ["worker", "../network/network.ts"],
    ["core", "./other.ts"],
  ])("%s may import %s", (folder, target) => {
    expect(doorViolations(fixture({ [`src/${folder}/a.ts`]: importing(target) }))).toEqual([]);
  });

  test("a type-only import counts", () => {
    const text = '// A file.\nimport type { Master } from "../master/master.ts";\n';
    expect(doorViolations(fixture({ "src/worker/a.ts": text }))).toHaveLength(1);
  });

  test("a driver, an adapter, a test", () => {
    expect(driverViolations(fixture({ "src/core/a.ts": importing("bun:sqlite") }))).toHaveLength(1);
    expect(driverViolations(fixture({ "src/journal/a.ts": importing("bun:sqlite") }))).toEqual([]);
    const adapter = importing("../journal/sqlite/sqlite-journal.ts");
    expect(adapterViolations(fixture({ "src/sim/a.ts": adapter }))).toHaveLength(1);
    expect(testImports(fixture({ "src/core/a.ts": importing("../../test/core/world.ts") }))).toHaveLength(1);
  });

  test("the simulation in a script", () => {
    const text = importing("../src/sim/run/run.ts");
    expect(simViolations(fixture({ "scripts/a.ts": text, "bench/b.ts": text }))).toHaveLength(2);
    expect(simViolations(fixture({ "src/main.ts": importing("./sim/run/run.ts"), "test/a.ts": text }))).toEqual([]);
  });
});

describe("imports", () => {
  test("a file that nothing imports", () => {
    const project = fixture({ "src/main.ts": "", "src/lib/used.ts": "", "src/lib/unused.ts": "" });
    const [unused] = deadFiles({ ...project, read: (file) => (file === "src/main.ts" ? '"./lib/used.ts"' : "") });
    expect(unused).toStartWith("src/lib/unused.ts: nothing imports it");
  });

  test("a file that only a test imports", () => {
    const project = fixture({ "src/lib/a.ts": "", "src/lib/a.test.ts": importing("./a.ts") });
    expect(deadFiles(project)).toEqual([expect.stringContaining("src/lib/a.ts: only tests import it")]);
  });

  test("a circle, also of types, and one that grew", () => {
    const circles = circlesOf(
      graphOf(
        fixture({
          "src/lib/a.ts": importing("./b.ts"),
          "src/lib/b.ts": 'import type { A } from "./c.ts";',
          "src/lib/c.ts": importing("./a.ts"),
          "src/lib/d.ts": importing("./a.ts"),
        }),
      ),
    );
    expect(circles).toEqual([["src/lib/a.ts", "src/lib/b.ts", "src/lib/c.ts"]]);
    expect(compareCircles(circles, []).faults).toHaveLength(1);
    expect(compareCircles(circles, [{ files: ["src/lib/a.ts", "src/lib/b.ts"] }]).faults).toHaveLength(1);
    const larger = { files: ["src/lib/a.ts", "src/lib/b.ts", "src/lib/c.ts", "src/lib/e.ts"] };
    expect(compareCircles(circles, [larger])).toEqual({ faults: [], notes: [expect.any(String)] });
  });

  test("two circles that meet in no file stay two", () => {
    const both = { "a/a.ts": "./b.ts", "a/b.ts": "./a.ts", "b/a.ts": "./b.ts", "b/b.ts": "./a.ts" };
    const texts = Object.fromEntries(Object.entries(both).map(([file, target]) => [file, importing(target)]));
    expect(circlesOf(graphOf(fixture(texts)))).toHaveLength(2);
  });

  test("test files with one name", () => {
    expect(duplicateTestNames(fixture({ "src/a/x.test.ts": "", "test/x.test.ts": "" }))).toHaveLength(1);
    expect(duplicateTestNames(fixture({ "src/a/x.ts": "", "test/x.ts": "" }))).toEqual([]);
  });
});

describe("bans", () => {
  const planted = [
    "const at = Date.now();",
    "const at = performance.now();",
    "setTimeout(later, 5);",
    "const id = Math.random();",
    "const x = y as any;",
    'console.log("hello");',
    'import { createServer } from "node:net";',
    "// FIXME later",
    "// TODO later",
    'import { x } from "../lib/utils.ts";',
  ];
  test("each ban has its planted fault", () => expect(planted).toHaveLength(BANS.length));

  for (const [index, ban] of BANS.entries()) {
    test(planted[index] ?? "", () => {
      expect(bannedCode(fixture({ "src/core/a.ts": `${planted[index]}\n` }), ban)).toHaveLength(1);
      if (!ban.comments) expect(bannedCode(fixture({ "src/core/a.ts": `// ${planted[index]}\n` }), ban)).toEqual([]);
    });
  }

  test("change types outside of core and model", () => {
    const text = 'if (change.type === "task.created") return;\n';
    const project = fixture({ "src/master/http/a.ts": text, "src/core/a.ts": text, "src/model/a.ts": text });
    expect([...changeTypeLiterals(project).keys()]).toEqual(["src/master"]);
  });
});

describe("words", () => {
  test("in comments, messages, names and documents", () => {
    const project = fixture({
      "src/core/state/a.ts": "// Whoever asks again.\nconst nodeUnheard = 1;\n",
      "docs/A.md": "As ever, it is\nfor ever.\n",
      "src/lib/b.ts": "const wished = 1; const swish = 2; // the judgements\n",
      Makefile: "demo: ## Make the demo anew\n",
    });
    const places = bannedWords(project);
    expect(places.get("src/core")).toEqual([
      expect.stringContaining('a.ts:1 "whoever"'),
      expect.stringContaining('a.ts:2 "unheard"'),
    ]);
    expect(places.get("docs")).toHaveLength(2);
    expect(places.get("src/lib")).toHaveLength(2);
    expect(places.get(".")).toHaveLength(1);
  });

  test("a count that rises fails, one that falls is a note", () => {
    const places = new Map([["src/core", ["a.ts:1", "a.ts:2"]]]);
    expect(comparePlaces(places, { "src/core": 2 })).toEqual({ faults: [], notes: [] });
    expect(comparePlaces(places, { "src/core": 1 }).faults).toHaveLength(1);
    expect(comparePlaces(places, {}).faults).toHaveLength(1);
    const fell = comparePlaces(places, { "src/core": 3, docs: 1 });
    expect(fell).toEqual({ faults: [], notes: ["src/core has 2, 3 allowed", "docs has 0, 1 allowed"] });
  });

  test("files count by folder", () => {
    expect(["README.md", "src/main.ts", "src/core/a.ts", "src/core/state/indexes/a.ts"].map(areaOf)).toEqual([
      ".",
      "src",
      "src/core",
      "src/core",
    ]);
  });
});

describe("files", () => {
  test("no opening comment, a bad name, an import without its ending", () => {
    expect(withoutOpening(fixture({ "src/lib/a.ts": "export const a = 1;\n" }))).toHaveLength(1);
    expect(withoutOpening(fixture({ "src/lib/a.ts": "#!/usr/bin/env bun\n// A script.\n" }))).toEqual([]);
    expect(badNames(fixture({ "src/lib/myFile.ts": "" }))).toHaveLength(1);
    expect(importsWithoutEnding(fixture({ "src/lib/a.ts": importing("./b") }))).toHaveLength(1);
  });

  test("a file that is too long", () => {
    expect(lengthOf("a\nb\nc\n")).toBe(3);
    const describe = (file: string, lines: number, limit: number) => `${file}: ${lines} of ${limit}`;
    expect(compare(new Map([["a.ts", 401]]), { "a.ts": 400 }, describe).faults).toEqual(["a.ts: 401 of 400"]);
  });
});

describe("functions", () => {
  test("long functions, methods, arrow functions and callbacks; suites and comments do not count", () => {
    const body = (lines: number, text = "work();") => `${text}\n`.repeat(lines);
    const texts: Record<string, string> = {
      "declared.ts": `export async function declared() {\n${body(71)}}\n`,
      "assigned.ts": `export const assigned = (x: number): void => {\n${body(71)}};\n`,
      "methods.ts": `class A {\n  constructor() {\n${body(71)}  }\n  #hidden(): void {\n${body(71)}  }\n}\n`,
      "callback.ts": `each((item) => {\n${body(71)}});\n`,
      "short.ts": `export function short() {\n${body(60)}${body(30, "// why")}${body(30, "")}}\n`,
      "suite.test.ts": `describe("suite", () => {\n${body(90)}});\n`,
    };
    const folder = mkdtempSync(join(tmpdir(), "podling-tidy-"));
    try {
      mkdirSync(join(folder, "src"));
      for (const [file, text] of Object.entries(texts)) writeFileSync(join(folder, "src", file), text);
      const found = longFunctions(["src"], 70, folder).map(({ file, name }) => `${file} ${name}`);
      expect(found.sort()).toEqual([
        "src/assigned.ts assigned",
        "src/callback.ts each(...)",
        "src/declared.ts declared",
        "src/methods.ts #hidden",
        "src/methods.ts constructor",
      ]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  }, 60_000);
});

describe("documents", () => {
  test("a path of one machine, a link to nothing, a heading that is not there", () => {
    const project = fixture({ "docs/A.md": "# Title\nSee /root/podling.\n[a](B.md) [b](#nothing) [c](#title)\n" });
    expect(machinePaths(project)).toHaveLength(1);
    expect(brokenLinks(project, (file) => file === "docs/A.md")).toEqual([
      expect.stringContaining("docs/B.md, which does not exist"),
      expect.stringContaining("#nothing"),
    ]);
  });

  test("a long line of prose, but not one of code, of a table or of a picture", () => {
    const long = "word ".repeat(40);
    const text = `${long}\n\n| ${long} |\n\n![${long}](a.svg)\n\n\`\`\`sh\n${long}\n\`\`\`\n\n- ${long}\n`;
    const found = longProse(fixture({ "docs/A.md": text, "docs/CLI.md": long }));
    expect(found.map((fault) => fault.split(" ")[0])).toEqual(["docs/A.md:1", "docs/A.md:11"]);
  });
});
