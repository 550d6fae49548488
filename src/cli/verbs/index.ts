// The verbs in the order of help. Each is loaded when it is used, which keeps the start short.

import type { Verb, VerbGroup } from "../verb.ts";

export type VerbName = keyof typeof loaders;

const loaders = {
  run: async () => (await import("./run.ts")).run,
  ps: async () => (await import("./ps.ts")).ps,
  logs: async () => (await import("./logs.ts")).logs,
  inspect: async () => (await import("./inspect.ts")).inspect,
  explain: async () => (await import("./explain.ts")).explain,
  wait: async () => (await import("./wait.ts")).wait,
  stop: async () => (await import("./stop.ts")).stop,
  rm: async () => (await import("./rm.ts")).rm,
  prune: async () => (await import("./prune.ts")).prune,
  nodes: async () => (await import("./nodes.ts")).nodes,
  node: async () => (await import("./node.ts")).node,
  events: async () => (await import("./events.ts")).events,
  backup: async () => (await import("./backup.ts")).backup,
  restore: async () => (await import("./restore.ts")).restore,
  up: async () => (await import("./up.ts")).up,
  master: async () => (await import("./master.ts")).master,
  worker: async () => (await import("./worker.ts")).worker,
  doctor: async () => (await import("./doctor.ts")).doctor,
  sim: async () => (await import("./sim.ts")).sim,
  version: async () => (await import("./version.ts")).version,
  completion: async () => (await import("./completion.ts")).completion,
  help: async () => (await import("./help.ts")).help,
} as const satisfies Record<string, () => Promise<Verb | VerbGroup>>;

export const verbNames = Object.keys(loaders) as VerbName[];

/** For `podling help` and docs/CLI.md. */
export const verbSections: ReadonlyArray<readonly [title: string, names: readonly VerbName[]]> = [
  ["Run", ["run", "ps", "logs", "inspect", "explain", "wait", "stop", "rm", "prune"]],
  ["Look around", ["nodes", "node", "events", "doctor"]],
  ["Keep it", ["backup", "restore"]],
  ["Be the cluster", ["up", "master", "worker"]],
  ["This program", ["sim", "version", "completion", "help"]],
];

/** What people type who know another tool. */
export const otherWords: Readonly<Record<string, string>> = {
  get: "podling ps lists tasks, podling nodes lists nodes, podling inspect shows one task",
  list: "podling ps lists tasks, podling nodes lists nodes",
  ls: "podling ps lists tasks, podling nodes lists nodes",
  describe: "podling explain TASK says why, podling inspect TASK shows the record",
  create: "podling run NAME --image IMAGE",
  start: "podling run NAME --image IMAGE starts a task; podling up starts a master and a worker",
  delete: "podling rm TASK",
  kill: "podling stop TASK",
  cordon: "podling node cordon NODE",
  uncordon: "podling node uncordon NODE",
  simulate: "podling sim",
  server: "podling master",
  agent: "podling worker",
  export: "podling backup FILE",
  import: "podling restore FILE",
  snapshot: "podling backup FILE",
  check: "podling doctor",
  status: "podling doctor, podling nodes and podling ps",
};

export function isVerb(word: string): word is VerbName {
  return Object.hasOwn(loaders, word);
}

export function loadVerb(name: VerbName): Promise<Verb | VerbGroup> {
  return loaders[name]();
}

export async function loadAllVerbs(): Promise<(Verb | VerbGroup)[]> {
  return Promise.all(verbNames.map(loadVerb));
}
