// Compares the documents with the code: generated tables are current (PODLING_UPDATE_DOCS=1 writes them), the API's
// examples work with a master, and files and make targets that a document names exist.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { plotsOf } from "../bench/plots/plots.ts";
import { type OperationId, operations } from "../src/api/operations/operations.ts";
import { createRouter } from "../src/api/operations/router.ts";
import { openMemoryJournal } from "../src/journal/memory/memory-journal.ts";
import { MemoryKeys } from "../src/keys/memory-keys.ts";
import { systemClock } from "../src/lib/clock.ts";
import { silentLog } from "../src/lib/log.ts";
import { seededRandom } from "../src/lib/random.ts";
import { type Master, startMaster } from "../src/master/master.ts";
import { filterNames } from "../src/model/explanation.ts";
import { reasonCodes, taskStatuses } from "../src/model/task/reason.ts";
import { faultOf, podlingLines } from "./docs/command-lines.ts";
import { otherFilesTable } from "./docs/compose-files.ts";
import { composeTables, extensionTable } from "./docs/compose-tables.ts";
import { curlExamples } from "./docs/curl.ts";
import { firstCells, part, withPart } from "./docs/markdown.ts";
import {
  commandsTable,
  dataFileTable,
  errorTable,
  kindTable,
  limitTable,
  metricTable,
  operationTable,
  queryTable,
  transitionTable,
  workerMetrics,
} from "./docs/tables.ts";

const ROOT = join(import.meta.dir, "..");
const read = (file: string) => readFileSync(join(ROOT, file), "utf8");

/** A master with a journal in memory, without a socket. */
function newMaster(): Master {
  return startMaster({
    journal: openMemoryJournal(),
    clock: systemClock,
    random: seededRandom(1),
    log: silentLog,
    version: { version: "0.0.0", commit: "test", api: "v1" },
    strategy: "round-robin",
    token: null,
    keys: new MemoryKeys((bytes) => crypto.getRandomValues(new Uint8Array(bytes))),
    allowedHosts: [],
    onFatal: (error) => {
      throw error;
    },
  });
}

async function masterMetrics(): Promise<string> {
  const master = newMaster();
  await master.fetch(new Request("http://localhost/health"));
  const text = await (await master.fetch(new Request("http://localhost/metrics"))).text();
  await master.stop();
  return text;
}

const made: [file: string, name: string, make: () => string | Promise<string>][] = [
  ["docs/ERRORS.md", "errors", errorTable],
  ["docs/ARCHITECTURE.md", "kinds", kindTable],
  ["docs/API.md", "operations", operationTable],
  ["docs/API.md", "queries", queryTable],
  ["docs/ARCHITECTURE.md", "transitions", transitionTable],
  ["docs/OPERATIONS.md", "data files", dataFileTable],
  ["docs/OPERATIONS.md", "limits", limitTable],
  ["docs/OPERATIONS.md", "master metrics", async () => metricTable(await masterMetrics())],
  ["docs/OPERATIONS.md", "worker metrics", async () => metricTable(await workerMetrics())],
  ["docs/COMPOSE.md", "keys", composeTables],
  ["docs/COMPOSE.md", "x-podling", extensionTable],
  ["docs/COMPOSE.md", "files", otherFilesTable],
  ["README.md", "commands", commandsTable],
];

describe("tables made from the code", () => {
  test.each(made)("%s: %s is current", async (file, name, make) => {
    const text = await make();
    const document = read(file);
    expect(part(document, name)).not.toBeNull();
    if (process.env.PODLING_UPDATE_DOCS === "1") writeFileSync(join(ROOT, file), withPart(document, name, text));
    // If this fails: PODLING_UPDATE_DOCS=1 bun test test/docs.test.ts
    expect(part(read(file), name)).toBe(text);
  });
});

/** Written by PODLING_UPDATE_DOCS=1, as the tables are. */
describe("plots made from the tables of PERFORMANCE.md", () => {
  const plots = plotsOf(read("docs/PERFORMANCE.md"));
  test.each([...plots])("%s is current, and shown", async (name, svg) => {
    const file = `docs/pictures/bench-${name}.svg`;
    if (process.env.PODLING_UPDATE_DOCS === "1") writeFileSync(join(ROOT, file), svg);
    expect(read(file)).toBe(svg);
    expect(read("docs/PERFORMANCE.md")).toContain(`](pictures/bench-${name}.svg)`);
  });

  test("README.md shows the figures of the section memory", () => {
    const measured = (what: string) => {
      const row = read("docs/PERFORMANCE.md")
        .split("\n")
        .find((line) => line.startsWith(`| memory | ${what} |`));
      return row!.match(/[\d.]+(?= MB)/g)!.map((figure) => `${Math.round(Number(figure))} MB`);
    };
    const [[master, swarm], [worker]] = [measured("master, idle"), measured("worker, idle")];
    expect(read("README.md")).toContain(`| master ${master}, worker ${worker} | dockerd as Swarm manager: ${swarm} |`);
  });

  test("there are five", () => {
    expect([...plots.keys()]).toEqual(["ratios", "before", "creates", "memory", "recovery"]);
  });
});

describe("the API's examples", () => {
  let master: Master;
  const shown = new Set<OperationId>();
  const withoutWorker: Partial<Record<OperationId, number[]>> = {
    ...{ taskLogs: [409, 503], previewCleanup: [503], cleanNode: [503] },
    ...{ restartTask: [409, 422], killTask: [409, 503], reportPod: [409] },
    ...{ backupVolume: [422], restoreVolume: [422, 503], moveVolume: [404] },
    plan: [404], // there is no service and no node
    whyNot: [404],
    heartbeatStream: [400], // there is no socket to upgrade
  };
  /** The file that one example writes and another one sends. */
  let file = "";
  beforeAll(() => {
    master = newMaster();
  });
  afterAll(() => master.stop());

  test.each(curlExamples(read("docs/API.md")).map((example) => [example.command, example] as const))(
    "%s",
    async (_, { request: example, file: sendsFile }) => {
      const request = sendsFile ? new Request(example.url, { ...init(example), body: file }) : example;
      const match = createRouter(operations)(request.method, new URL(request.url).pathname);
      if (!match.found) throw new Error(`no operation takes ${request.method} ${request.url}`);
      shown.add(match.id);
      const answer = await master.fetch(request);
      if (match.id === "backup") file = await answer.clone().text();
      // This master has no worker, so requests that need one are refused with the matching status.
      const expected: number[] = withoutWorker[match.id] ?? [operations[match.id].status];
      const isUnexpected = operations[match.id].media === "application/json" && !expected.includes(answer.status);
      const body = isUnexpected ? await answer.text() : "";
      if (!isUnexpected) await answer.body?.cancel();
      expect({ status: answer.status, body }).toEqual({
        status: expected.find((status) => status === answer.status) ?? expected[0]!,
        body: "",
      });
    },
  );

  test("show every operation", () => {
    expect((Object.keys(operations) as OperationId[]).filter((id) => !shown.has(id))).toEqual([]);
  });
});

function init({ method, headers }: Request): RequestInit {
  return { method, headers };
}

describe("names", () => {
  test("every reason code is explained once", () => {
    const section = read("docs/ERRORS.md").split("## Reason codes")[1]!;
    expect(firstCells(section)).toEqual([...reasonCodes]);
  });

  test("the glossary names only types that src/model exports", () => {
    const named = [...read("docs/GLOSSARY.md").matchAll(/`([A-Z]\w+)`/g)].map((match) => match[1]!);
    const exported = new Set(modelTypes());
    expect(named.filter((name) => !exported.has(name))).toEqual([]);
  });

  test("the glossary has every status and filter", () => {
    const text = read("docs/GLOSSARY.md");
    const absent = [...taskStatuses, ...filterNames].filter((name) => !text.includes(`\`${name}\``));
    expect(absent).toEqual([]);
  });

  const history = /^(CHANGELOG|docs\/(decisions|CLI))/;
  test.each(documents().filter((file) => !history.test(file)))(
    "%s names only commands and flags that exist",
    async (file) => {
      const faults = await Promise.all(
        podlingLines(read(file)).map(async (line) => [line, await faultOf(line)] as const),
      );
      expect(faults.filter(([, fault]) => fault !== null)).toEqual([]);
    },
  );

  test("DOCKER.md and README.md name commands", () => {
    for (const file of ["README.md", "docs/DOCKER.md"]) expect(podlingLines(read(file)).length).toBeGreaterThan(20);
  });

  test("every make target that is named exists", () => {
    const targets = new Set([...read("Makefile").matchAll(/^([a-z-]+):/gm)].map((match) => match[1]!));
    for (const file of ["README.md", "CONTRIBUTING.md", "docs/OPERATIONS.md", "docs/ARCHITECTURE.md"]) {
      const named = [...read(file).matchAll(/(?:`|^|\$ )make ([a-z][a-z-]+)/gm)].map((match) => match[1]!);
      expect(named.filter((target) => !targets.has(target))).toEqual([]);
    }
  });

  test("every file of src that is named exists", () => {
    for (const file of documents()) {
      const named = [...read(file).matchAll(/`((?:src|test|scripts|bench)\/[\w./-]+)`/g)].map((match) => match[1]!);
      expect({ file, absent: named.filter((path) => !existsSync(join(ROOT, path))) }).toEqual({ file, absent: [] });
    }
  });

  test("every decision is in the list of decisions", () => {
    const list = read("docs/decisions/README.md");
    const decisions = [...new Bun.Glob("[0-9]*.md").scanSync(join(ROOT, "docs/decisions"))];
    expect(decisions.filter((file) => !list.includes(`(${file})`))).toEqual([]);
    const numbers = decisions.map((file) => Number.parseInt(file, 10));
    expect(numbers.filter((number, index) => numbers.indexOf(number) !== index)).toEqual([]);
  });
});

/** The interfaces and types that src/model exports. */
function modelTypes(): string[] {
  const files = [...new Bun.Glob("**/*.ts").scanSync(join(ROOT, "src/model"))].filter(
    (file) => !file.includes(".test."),
  );
  return files.flatMap((file) =>
    [...read(`src/model/${file}`).matchAll(/^export (?:interface|type) (\w+)/gm)].map((match) => match[1]!),
  );
}

function documents(): string[] {
  return ["*.md", "docs/**/*.md", "src/**/*.md"].flatMap((pattern) => [...new Bun.Glob(pattern).scanSync(ROOT)]);
}
