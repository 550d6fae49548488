// Architecture and manners as a test: who may import whom, what no file may contain, how long files get, and whether the
// documents' links lead somewhere. The tables are the rules; what breaks one is told the sentence why.

import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, normalize, resolve } from "node:path";

const ROOT = resolve(import.meta.dir, "..");

type Door = { may: string[]; why: string };

/**
 * Which rooms of src each room may import. A path names one file instead of a whole room. Rooms import themselves
 * freely; main.ts is the composition root and may import everything.
 */
const DOORS: Record<string, Door> = {
  lib: { may: [], why: "lib holds small things that know nothing of clusters" },
  model: { may: ["lib"], why: "model says what a cluster is made of, and nothing of what happens to it" },
  core: {
    may: ["model", "lib"],
    why: "core decides: pure functions, so that plan, simulate and tests run the same code",
  },
  api: { may: ["model", "lib"], why: "api is what crosses a process boundary, for both sides alike" },
  journal: { may: ["model", "lib"], why: "a journal remembers and understands nothing, so that adapters stay small" },
  runtime: { may: ["model", "lib"], why: "a runtime runs containers for whoever asks" },
  master: {
    may: ["core", "api", "model", "lib", "journal/journal.ts"],
    why: "the master knows journals only by their port, and workers only over HTTP",
  },
  worker: {
    may: ["api", "model", "lib", "runtime/runtime.ts"],
    why: "a worker is an ordinary client of the API, and knows engines only by their port",
  },
  cli: { may: ["api", "model", "lib"], why: "the command line is a client like any other" },
  dashboard: { may: ["api", "model", "lib"], why: "the page knows the API's types and nothing else" },
  sim: {
    may: ["core", "api", "model", "lib", "master", "worker", "journal", "runtime"],
    why: "the simulation runs the real rooms, but none of their command line",
  },
};

/** Packages and platform modules that not every room may take. A room in the list may; all others may not. */
const DRIVERS: { module: RegExp; rooms: string[]; why: string }[] = [
  { module: /^bun:sqlite$/, rooms: ["journal"], why: "only a journal's adapter opens databases" },
  {
    module: /^node:(fs|fs\/promises)$/,
    rooms: ["journal", "worker", "runtime", "cli", "main.ts"],
    why: "files are I/O",
  },
  { module: /^node:(net|http|https|child_process|tls|dgram)$/, rooms: ["runtime", "cli"], why: "sockets are I/O" },
];

/** Adapters are named in main.ts alone; their neighbours in the same room may build on one another. */
/** The simulated disk's journal keeps its index in a memory journal: the simulation composes its own world. */
const COMPOSERS = ["src/main.ts", "src/sim/world/disk-journal.ts"];
const ADAPTERS = [
  "journal/memory/memory-journal.ts",
  "journal/sqlite/sqlite-journal.ts",
  "runtime/docker/docker-runtime.ts",
];

/** Rooms in which the simulation will run: time and chance are handed in. */
const SIMULATED = ["model", "core", "journal", "api", "master", "worker", "runtime"];

/** `except` names files with the reason why the ban is not for them. */
type Ban = { pattern: RegExp; rooms: string[] | "all"; except?: Record<string, string>; why: string };

const CLOCK = "time is handed in (lib/clock.ts), so that simulation and replay see the same";
const CHANCE = "chance is handed in (lib/random.ts), so that the same seed gives the same decisions";

const BANS: Ban[] = [
  { pattern: /\bDate\.now\b|\bnew Date\(\s*\)/, rooms: SIMULATED, why: CLOCK },
  { pattern: /\bperformance\./, rooms: SIMULATED, why: CLOCK },
  {
    pattern: /\b(setTimeout|setInterval|setImmediate)\(|\bBun\.sleep|\bAbortSignal\.timeout\(/,
    rooms: SIMULATED,
    except: {
      "src/runtime/docker/engine-http.ts": "the patience of a real socket: the simulated runtime replaces this adapter",
    },
    why: CLOCK,
  },
  {
    pattern: /\bMath\.random\b|\bcrypto\.(random|getRandom)|\brandomBytes\b/,
    rooms: SIMULATED,

    why: CHANCE,
  },
  { pattern: /:\s*any\b|\bas any\b|<any\b|\bany\[\]/, rooms: "all", why: "any turns the type checker off" },
  {
    pattern: /\bconsole\./,
    rooms: "all",

    why: "output is an interface: write to process.stdout or process.stderr, or use lib/log.ts",
  },
  { pattern: /\bFIXME\b/, rooms: "all", why: "mend it, or write an issue and a TODO(#number)" },
  { pattern: /\bTODO\b(?!\(#\d+\))/, rooms: "all", why: "a TODO names its issue: TODO(#number)" },
  {
    pattern: /\/(utils|helpers|common|misc|base|manager)\.ts"/,
    rooms: "all",

    why: "a name that says nothing",
  },
];

const MAX_LINES = 400;

/** Files that outgrow their room, why, and how far. A number may only fall; a line goes when its file is short enough. */
const LONG_FILES: Record<string, { lines: number; why: string }> = {};

const sources = scan("src", "**/*.ts");
const everything = [
  ...sources,
  ...scan("test", "**/*.ts"),
  ...scan("bench", "**/*.ts"),
  ...scan("scripts", "*.ts"),
  ...scan("tools", "**/*.ts"),
];
const documents = [...scan(".", "*.md"), ...scan("docs", "**/*.md"), ...scan("src", "**/*.md")];

function scan(folder: string, pattern: string): string[] {
  const cwd = join(ROOT, folder);
  if (!existsSync(cwd)) return [];
  return [...new Bun.Glob(pattern).scanSync({ cwd })].map((file) => normalize(join(folder, file))).sort();
}

const read = (file: string): string => readFileSync(join(ROOT, file), "utf8");

/** "src/core/schedule/filters.ts" is in the room "core", "src/main.ts" in "main.ts". */
const roomOf = (file: string): string => file.split("/")[1] ?? "";

const isTest = (file: string): boolean =>
  /\.(test|contract)\.ts$/.test(file) || file.startsWith("test/") || file.startsWith("tools/");

/** What a file imports, with the line, as written. Type-only imports count: they are dependencies for a reader too. */
function importsOf(file: string): { target: string; line: number }[] {
  const text = read(file);
  const found = [...text.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*"([^"]+)"/g)];
  return found.map((match) => ({ target: match[1] ?? "", line: text.slice(0, match.index).split("\n").length }));
}

/** The path below src that an import leads to, or null for packages and what lies outside of src. */
function resolveInside(file: string, target: string): string | null {
  if (!target.startsWith(".")) return null;
  const path = normalize(join(dirname(file), target));
  return path.startsWith("src/") ? path.slice("src/".length) : null;
}

/** Source without comments, line for line: a ban is on code, and a comment may well speak of what is banned. */
function codeLines(file: string): string[] {
  const withoutBlocks = read(file).replace(/\/\*[\s\S]*?\*\//g, (block) => block.replace(/[^\n]/g, ""));
  return withoutBlocks.split("\n").map((line) => line.replace(/(^|\s)\/\/.*$/, ""));
}

/** Fails with all sentences at once, one a line. */
function expectNone(faults: string[]): void {
  expect(faults.join("\n")).toBe("");
}

describe("doors", () => {
  test("every room is in the table", () => {
    const rooms = new Set(sources.map(roomOf).filter((room) => !room.endsWith(".ts")));
    expectNone(
      [...rooms].filter((room) => !(room in DOORS)).map((room) => `src/${room}: say in DOORS what it may import`),
    );
  });

  test("rooms import only through their doors", () => {
    const faults: string[] = [];
    for (const file of sources.filter((source) => !isTest(source) && roomOf(source) in DOORS)) {
      const room = roomOf(file);
      const door = DOORS[room]!;
      for (const { target, line } of importsOf(file)) {
        const inside = resolveInside(file, target);
        if (inside === null) continue;
        const allowed =
          inside.startsWith(`${room}/`) || door.may.some((may) => inside === may || inside.startsWith(`${may}/`));
        if (!allowed) faults.push(`${file}:${line} imports ${inside}: ${door.why}`);
      }
    }
    expectNone(faults);
  });

  test("drivers stay in the rooms that drive", () => {
    const faults: string[] = [];
    for (const file of sources.filter((source) => !isTest(source))) {
      for (const { target, line } of importsOf(file)) {
        const driver = DRIVERS.find((one) => one.module.test(target));
        if (driver && !driver.rooms.includes(roomOf(file)))
          faults.push(`${file}:${line} imports ${target}: ${driver.why}`);
      }
    }
    expectNone(faults);
  });

  test("only main.ts names adapters", () => {
    const faults: string[] = [];
    for (const file of sources.filter((source) => !isTest(source) && !COMPOSERS.includes(source))) {
      for (const { target, line } of importsOf(file)) {
        const inside = resolveInside(file, target);
        if (inside === null || !ADAPTERS.includes(inside) || roomOf(file) === inside.split("/")[0]) continue;
        faults.push(`${file}:${line} imports ${inside}: only main.ts chooses adapters; take the port`);
      }
    }
    expectNone(faults);
  });

  test("production imports no test", () => {
    const faults = sources
      .filter((file) => !isTest(file))
      .flatMap((file) => importsOf(file).map((one) => ({ file, ...one })))
      .filter(({ target }) => /\.(test|contract)\.ts$|\/test\//.test(target))
      .map(({ file, target, line }) => `${file}:${line} imports ${target}: production must not need tests`);
    expectNone(faults);
  });
});

describe("bans", () => {
  for (const ban of BANS) {
    test(`no ${ban.pattern.source}`, () => {
      const faults: string[] = [];
      for (const file of ban.rooms === "all" ? everything : sources.filter((source) => !isTest(source))) {
        if (file === "test/tidy.test.ts" || ban.except?.[file]) continue;
        if (ban.rooms !== "all" && !ban.rooms.includes(roomOf(file))) continue;
        // The markers of unfinished work stand in comments.
        const lines = /TODO|FIXME/.test(ban.pattern.source) ? read(file).split("\n") : codeLines(file);
        lines.forEach((line, index) => {
          if (ban.pattern.test(line)) faults.push(`${file}:${index + 1} ${line.trim()}\n  ${ban.why}`);
        });
      }
      expectNone(faults);
    });
  }
});

describe("files", () => {
  test("each opens with a comment that says what it owns", () => {
    const faults = everything
      .filter((file) => !/^(#!.*\n)?(\/\/ |\/\*\*?\s)/.test(read(file)))
      .map((file) => `${file}: open it with one to six lines of comment: what it owns, and what it must not do`);
    expectNone(faults);
  });

  test("none outgrows its room", () => {
    const faults: string[] = [];
    for (const file of everything) {
      const lines = read(file).trimEnd().split("\n").length;
      const granted = LONG_FILES[file];
      const limit = granted?.lines ?? MAX_LINES;
      if (lines > limit)
        faults.push(`${file} has ${lines} lines, ${limit} are allowed: a file is one concept; split it`);
      if (granted && lines < granted.lines)
        faults.push(`${file} has ${lines} lines now: lower its number in LONG_FILES`);
      if (granted && lines <= MAX_LINES) faults.push(`${file} is short enough now: remove it from LONG_FILES`);
    }
    faults.push(
      ...Object.keys(LONG_FILES)
        .filter((file) => !everything.includes(file))
        .map((file) => `${file} is gone`),
    );
    expectNone(faults);
  });

  test("names are kebab-case", () => {
    const faults = everything
      .filter((file) => !/^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+)*\.ts$/.test(file.split("/").at(-1) ?? ""))
      .map((file) => `${file}: file names are kebab-case`);
    expectNone(faults);
  });

  test("imports name their file, with .ts", () => {
    const faults = everything.flatMap((file) =>
      importsOf(file)
        .filter(({ target }) => target.startsWith(".") && !/\.(ts|json|html|css|md)$/.test(target))
        .map(({ target, line }) => `${file}:${line} imports ${target}: write the file's name, with its ending`),
    );
    expectNone(faults);
  });
});

describe("documents", () => {
  test("name no path of the machine they were written on", () => {
    const faults: string[] = [];
    for (const file of documents) {
      read(file)
        .split("\n")
        .forEach((line, index) => {
          const path = /(?:^|[\s"'`(=])(\/(?:work|root|home\/(?!you\b|user\b)|Users\/(?!you\b))[\w./-]*)/.exec(
            line,
          )?.[1];
          if (path) faults.push(`${file}:${index + 1} names ${path}, which readers do not have`);
        });
    }
    expectNone(faults);
  });

  test("links lead somewhere", () => {
    const faults: string[] = [];
    for (const file of documents) {
      // Code blocks show syntax, they link nothing.
      const text = read(file).replace(/```[\s\S]*?```|`[^`\n]*`/g, (code) => code.replace(/[^\n]/g, ""));
      for (const match of text.matchAll(/\[[^\]]*\]\(([^)\s]+)[^)]*\)/g)) {
        const [path, anchor] = (match[1] ?? "").split("#") as [string, string | undefined];
        if (/^[a-z]+:/.test(path)) continue;
        const line = text.slice(0, match.index).split("\n").length;
        const target = path === "" ? file : normalize(join(dirname(file), path));
        if (!existsSync(join(ROOT, target))) faults.push(`${file}:${line} links to ${target}, which does not exist`);
        else if (anchor && target.endsWith(".md") && !anchorsOf(target).has(anchor)) {
          faults.push(`${file}:${line} links to ${target}#${anchor}, a heading that does not exist`);
        }
      }
    }
    expectNone(faults);
  });
});

/** The anchors that a document's headings get: lower case, punctuation dropped, spaces as dashes. */
function anchorsOf(file: string): Set<string> {
  const headings = read(file).matchAll(/^#{1,6}\s+(.+)$/gm);
  const slug = (heading: string) =>
    heading
      .trim()
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, "")
      .replace(/\s/g, "-");
  return new Set([...headings].map((match) => slug(match[1] ?? "")));
}
