// Holds the documents to the code. Tables made from the code must be current (PODLING_UPDATE_DOCS=1 writes them), the
// API's examples must work against a master, and what a document names must exist.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type OperationId, operations } from "../src/api/operations/operations.ts";
import { createRouter } from "../src/api/operations/router.ts";
import { openMemoryJournal } from "../src/journal/memory/memory-journal.ts";
import { systemClock } from "../src/lib/clock.ts";
import { silentLog } from "../src/lib/log.ts";
import { seededRandom } from "../src/lib/random.ts";
import { type Master, startMaster } from "../src/master/master.ts";
import { filterNames } from "../src/model/explanation.ts";
import { reasonCodes, taskStatuses } from "../src/model/task/task.ts";
import { curlExamples } from "./docs/curl.ts";
import { firstCells, part, withPart } from "./docs/markdown.ts";
import {
  commandsTable,
  errorTable,
  limitTable,
  metricTable,
  moveTable,
  operationTable,
  queryTable,
  workerMetrics,
} from "./docs/tables.ts";

const ROOT = join(import.meta.dir, "..");
const read = (file: string) => readFileSync(join(ROOT, file), "utf8");

/** A master that forgets, without a socket. */
function newMaster(): Master {
  return startMaster({
    journal: openMemoryJournal(),
    clock: systemClock,
    random: seededRandom(1),
    log: silentLog,
    version: { version: "0.0.0", commit: "test", api: "v1" },
    strategy: "round-robin",
    token: null,
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
  ["docs/API.md", "operations", operationTable],
  ["docs/API.md", "queries", queryTable],
  ["docs/ARCHITECTURE.md", "moves", moveTable],
  ["docs/OPERATIONS.md", "limits", limitTable],
  ["docs/OPERATIONS.md", "master metrics", async () => metricTable(await masterMetrics())],
  ["docs/OPERATIONS.md", "worker metrics", async () => metricTable(await workerMetrics())],
  ["README.md", "commands", commandsTable],
];

describe("tables made from the code", () => {
  test.each(made)("%s: %s is current", async (file, name, make) => {
    const text = await make();
    const document = read(file);
    expect(part(document, name)).not.toBeNull();
    if (process.env.PODLING_UPDATE_DOCS === "1") writeFileSync(join(ROOT, file), withPart(document, name, text));
    // Where this fails: PODLING_UPDATE_DOCS=1 bun test test/docs.test.ts
    expect(part(read(file), name)).toBe(text);
  });
});

describe("the API's examples", () => {
  let master: Master;
  const shown = new Set<OperationId>();
  const withoutWorker: Partial<Record<OperationId, number[]>> = {
    ...{ taskLogs: [409, 503], previewCleanup: [503], cleanNode: [503] },
  };
  /** What an example wrote into a file, for the one that sends it. */
  let file = "";
  beforeAll(() => {
    master = newMaster();
  });
  afterAll(() => master.stop());

  test.each(curlExamples(read("docs/API.md")).map((example) => [example.command, example] as const))(
    "%s",
    async (_, { request: asked, file: sendsFile }) => {
      const request = sendsFile ? new Request(asked.url, { ...init(asked), body: file }) : asked;
      const match = createRouter(operations)(request.method, new URL(request.url).pathname);
      if (!match.found) throw new Error(`no operation takes ${request.method} ${request.url}`);
      shown.add(match.id);
      const answer = await master.fetch(request);
      if (match.id === "backup") file = await answer.clone().text();
      // There is no worker behind this master: what it would be asked is refused, but for the right reason.
      const expected: number[] = withoutWorker[match.id] ?? [operations[match.id].status];
      const isTold = operations[match.id].media === "application/json" && !expected.includes(answer.status);
      const body = isTold ? await answer.text() : "";
      if (!isTold) await answer.body?.cancel();
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

  test("the glossary has every noun of the model, and no other", () => {
    const named = [...read("docs/GLOSSARY.md").matchAll(/`([A-Z]\w+)`/g)].map((match) => match[1]!);
    expect([...new Set(named)].sort()).toEqual(modelNouns().sort());
  });

  test("the glossary has every status and filter", () => {
    const text = read("docs/GLOSSARY.md");
    const absent = [...taskStatuses, ...filterNames].filter((name) => !text.includes(`\`${name}\``));
    expect(absent).toEqual([]);
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
  });
});

/** The interfaces and types that src/model exports, without those that are only plumbing. */
function modelNouns(): string[] {
  const plumbing = ["Outcome", "PackedTask"];
  const files = [...new Bun.Glob("**/*.ts").scanSync(join(ROOT, "src/model"))].filter(
    (file) => !file.includes(".test."),
  );
  return files
    .flatMap((file) => [...read(`src/model/${file}`).matchAll(/^export (?:interface|type) (\w+)/gm)])
    .map((match) => match[1]!)
    .filter((name) => !plumbing.includes(name));
}

function documents(): string[] {
  return ["*.md", "docs/**/*.md", "src/**/*.md"].flatMap((pattern) => [...new Bun.Glob(pattern).scanSync(ROOT)]);
}
