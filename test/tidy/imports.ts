// The import graph of the whole checkout: files that nothing imports, circles, and test files that share a name.

import { basename } from "node:path";
import { isTest, type Project, resolveImport } from "./project.ts";
import type { Compared } from "./ratchet.ts";

/** Files that are started or loaded by something other than an import. A test file is its own entry point. */
const ENTRY_POINTS: { pattern: RegExp; why: string }[] = [
  { pattern: /\.test\.ts$/, why: "the test runner loads it" },
  { pattern: /^src\/main\.ts$/, why: "the executable" },
  { pattern: /^scripts\/[a-z-]+\.ts$/, why: "make or a shell script starts it" },
  { pattern: /^bench\/(main|journal)\.ts$/, why: "make bench, or a person, starts it" },
  { pattern: /^test\/mutants\/run\.ts$/, why: "make test-mutants starts it" },
  { pattern: /\.d\.ts$/, why: "the compiler reads it" },
  { pattern: /-child\.ts$/, why: "a test or a benchmark starts it as a process" },
];

/** Files of src that no product file imports, and why they are in src all the same. */
const TEST_SUPPORT: Record<string, string> = {
  "src/network/table/views.ts": "workers will make their rules and names from the table of the master",
  "src/network/machine/shell-machine.ts": "workers will prepare the network of their machine",
  "src/network/dns/resolv-conf.ts": "workers will read the resolvers of their machine",
  "src/network/dns/table-file.ts": "workers will keep the names of the cluster",
  "src/cli/command/document.ts": "makes the documents' tables; test/docs.test.ts compares them",
  "src/core/schedule/test-cluster.ts": "clusters for the tests beside it",
  "src/core/commands/app/test-apps.ts": "an app in a cluster, for the tests of its commands",
  "src/core/test-nodes.ts": "nodes as the random tests of scheduler and placement draw them",
  "src/core/test-world.ts": "a state with a clock, for the tests of core",
  "src/core/reconcile/job/test-jobs.ts": "a cluster with jobs, for the tests of their reconciler",
  "src/core/reconcile/schedule/test-schedules.ts": "a cluster with a schedule, for the tests of their reconciler",
  "src/core/reconcile/service/test-services.ts": "a cluster with a service, for the tests of its reconciler",
};

/** Which files each file refers to: imports of values and types, and paths in strings (a worker, a child process). */
export function graphOf(project: Project): Map<string, Set<string>> {
  const known = new Set(project.code);
  const graph = new Map<string, Set<string>>();
  for (const file of project.code) {
    const targets = [...project.read(file).matchAll(/"(\.{1,2}\/[^"\s]+\.ts)"/g)].map((match) =>
      resolveImport(file, match[1] ?? ""),
    );
    graph.set(file, new Set(targets.filter((target) => target !== null && known.has(target)) as string[]));
  }
  return graph;
}

export function deadFiles(project: Project): string[] {
  const isEntry = (file: string) => ENTRY_POINTS.some(({ pattern }) => pattern.test(file));
  const importers = new Map<string, string[]>(project.code.map((file) => [file, []]));
  for (const [file, targets] of graphOf(project)) for (const target of targets) importers.get(target)!.push(file);
  const faults: string[] = [];
  for (const [file, by] of importers) {
    if (isEntry(file)) continue;
    if (by.length === 0) faults.push(`${file}: nothing imports it; remove it, or list it in ENTRY_POINTS`);
    else if (!isTest(file) && by.every(isTest) && !(file in TEST_SUPPORT) && !file.startsWith("src/sim/"))
      faults.push(`${file}: only tests import it; remove it, or say in TEST_SUPPORT why it is here`);
  }
  const gone = Object.keys(TEST_SUPPORT).filter((file) => project.code.length > 50 && !importers.has(file));
  return [...faults, ...gone.map((file) => `${file} is gone: remove it from TEST_SUPPORT`)];
}

/** Strongly connected components of more than one file, each sorted (Tarjan's algorithm). */
export function circlesOf(graph: Map<string, Set<string>>): string[][] {
  const index = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: string[] = [];
  const circles: string[][] = [];
  const visit = (file: string): void => {
    const own = index.size;
    index.set(file, own);
    low.set(file, own);
    stack.push(file);
    for (const next of graph.get(file) ?? []) {
      if (!index.has(next)) visit(next);
      if (stack.includes(next)) low.set(file, Math.min(low.get(file)!, low.get(next)!));
    }
    if (low.get(file) !== own) return;
    const component = stack.splice(stack.indexOf(file));
    if (component.length > 1) circles.push(component.sort());
  };
  for (const file of graph.keys()) if (!index.has(file)) visit(file);
  return circles;
}

export function duplicateTestNames(project: Project): string[] {
  const byName = Map.groupBy(
    project.code.filter((file) => file.endsWith(".test.ts")),
    (file) => basename(file),
  );
  return [...byName.values()].filter((files) => files.length > 1).map((files) => `${files.join(" and ")}: same name`);
}

/** A circle is a fault unless all of its files are in one circle of the list. */
export function compareCircles(circles: string[][], allowed: { files: string[] }[]): Compared {
  const covers = (files: string[], circle: string[]) => circle.every((file) => files.includes(file));
  const faults = circles
    .filter((circle) => !allowed.some(({ files }) => covers(files, circle)))
    .map((circle) => `${circle.join(", ")} import each other in a circle: move what they share into a file of its own`);
  const notes = allowed
    .filter(({ files }) => !circles.some((circle) => circle.length === files.length && covers(files, circle)))
    .map(({ files }) => `${files[0]} is in no circle of ${files.length}`);
  return { faults, notes };
}
