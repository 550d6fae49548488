// Which folders of src may import which, and which packages they may use. The tables are the rules (docs/ARCHITECTURE.md
// explains them); the functions return one sentence for each violation.

import { folderOf, importsOf, isTest, type Project, production, resolveImport } from "./project.ts";

type Door = { may: string[]; why: string };

/**
 * What each folder of src may import besides itself. An entry is a folder ("lib"), one file ("journal/journal.ts"), or the
 * files directly in a folder without its sub-folders ("runtime/*": the ports, not the adapters). main.ts is the composition
 * root and may import everything.
 */
const DOORS: Record<string, Door> = {
  lib: { may: [], why: "lib knows nothing of clusters" },
  model: { may: ["lib"], why: "model holds the records and their rules, not what happens to them" },
  core: { may: ["model", "lib"], why: "core is pure, so that plan, simulation and tests run the same code" },
  api: { may: ["model", "lib"], why: "api is shared by client and server, and depends on neither" },
  journal: {
    may: ["model", "lib"],
    why: "a journal stores batches and interprets nothing, so that adapters stay small",
  },
  keys: { may: ["lib"], why: "a key knows nothing of what is sealed with it" },
  runtime: { may: ["model", "lib"], why: "a runtime runs containers and does not know its caller" },
  network: { may: ["model", "lib"], why: "a network adapter does not know its caller" },
  compose: { may: ["model", "lib"], why: "compose translates documents; it does not call a master" },
  master: {
    may: ["core", "api", "model", "lib", "journal/*", "keys/*"],
    why: "the master knows journals only by their port, and workers only over HTTP",
  },
  worker: {
    may: ["api", "model", "lib", "runtime/*", "network/*"],
    why: "a worker is an ordinary client of the API, and knows engines and networks only by their ports",
  },
  cli: { may: ["api", "model", "lib", "compose"], why: "the command line is a client like any other" },
  dashboard: {
    may: ["core", "api", "model", "lib", "compose"],
    why: "the page is a client that replays with the real core; it uses no server code",
  },
  sim: {
    may: ["core", "api", "model", "lib", "master", "worker", "journal", "keys", "runtime", "network"],
    why: "the simulation runs the real master and workers, without the command line",
  },
};

/** Packages and platform modules that only some folders may import. */
const DRIVERS: { module: RegExp; folders: string[]; why: string }[] = [
  { module: /^bun:sqlite$/, folders: ["journal"], why: "only a journal's adapter opens databases" },
  { module: /^bun:ffi$/, folders: ["cli", "worker"], why: "calls into the C library are I/O" },
  {
    module: /^node:(fs|fs\/promises)$/,
    folders: ["journal", "keys", "worker", "runtime", "network", "cli", "main.ts"],
    why: "files are I/O",
  },
  { module: /^node:(net|http|https|child_process|tls|dgram)$/, folders: ["runtime", "cli"], why: "sockets are I/O" },
];

/** Adapters are named in main.ts only; files of the same folder may build on each other. */
const ADAPTERS = [
  "journal/memory/memory-journal.ts",
  "journal/sqlite/sqlite-journal.ts",
  "keys/file/key-file.ts",
  "runtime/docker/docker-runtime.ts",
];

/** The simulated disk keeps its index in a memory journal. */
const COMPOSERS = ["src/main.ts", "src/sim/world/disk-journal.ts"];

const inside = (path: string | null): string | null => (path?.startsWith("src/") ? path.slice("src/".length) : null);

/** True when the path (below src) is what an entry of a door names. */
function matches(path: string, entry: string): boolean {
  if (!entry.endsWith("/*")) return path === entry || path.startsWith(`${entry}/`);
  const folder = entry.slice(0, -1);
  return path.startsWith(folder) && !path.slice(folder.length).includes("/");
}

export function missingDoors(project: Project): string[] {
  const folders = new Set(project.code.filter((file) => /^src\/[^/]+\//.test(file)).map(folderOf));
  return [...folders]
    .filter((folder) => !(folder in DOORS))
    .map((folder) => `src/${folder}: say in DOORS what it may import`);
}

export function doorViolations(project: Project): string[] {
  const faults: string[] = [];
  for (const file of production(project).filter((source) => folderOf(source) in DOORS)) {
    const folder = folderOf(file);
    const door = DOORS[folder]!;
    for (const { target, line } of importsOf(project, file)) {
      const path = inside(resolveImport(file, target));
      if (path === null) continue;
      const allowed = path.startsWith(`${folder}/`) || door.may.some((entry) => matches(path, entry));
      if (!allowed) faults.push(`${file}:${line} imports ${path}: ${door.why}`);
    }
  }
  return faults;
}

export function driverViolations(project: Project): string[] {
  const faults: string[] = [];
  for (const file of production(project)) {
    for (const { target, line } of importsOf(project, file)) {
      const driver = DRIVERS.find((one) => one.module.test(target));
      if (driver && !driver.folders.includes(folderOf(file)))
        faults.push(`${file}:${line} imports ${target}: ${driver.why}`);
    }
  }
  return faults;
}

export function adapterViolations(project: Project): string[] {
  const faults: string[] = [];
  for (const file of production(project).filter((source) => !COMPOSERS.includes(source))) {
    for (const { target, line } of importsOf(project, file)) {
      const path = inside(resolveImport(file, target));
      if (path === null || !ADAPTERS.includes(path) || folderOf(file) === path.split("/")[0]) continue;
      faults.push(`${file}:${line} imports ${path}: only main.ts chooses adapters; take the port`);
    }
  }
  return faults;
}

/** Only main.ts, the simulation itself and tests may import src/sim, so that no product code depends on it. */
export function simViolations(project: Project): string[] {
  const faults: string[] = [];
  for (const file of project.code) {
    if (file === "src/main.ts" || file.startsWith("src/sim/") || file.startsWith("test/") || isTest(file)) continue;
    for (const { target, line } of importsOf(project, file)) {
      if (resolveImport(file, target)?.startsWith("src/sim/"))
        faults.push(`${file}:${line} imports ${target}: only main.ts and tests may import the simulation`);
    }
  }
  return faults;
}

export function testImports(project: Project): string[] {
  return production(project)
    .flatMap((file) => importsOf(project, file).map((one) => ({ file, ...one })))
    .filter(({ target }) => /\.(test|contract)\.ts$|\/test\//.test(target))
    .map(({ file, target, line }) => `${file}:${line} imports ${target}: production must not need tests`);
}
