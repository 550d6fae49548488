// The verbs in the order of help. Each is loaded when it is used, which keeps the start short.

import type { Command, CommandGroup } from "../command/command.ts";

export type CommandName = keyof typeof loaders;

const loaders = {
  run: async () => (await import("./task/run.ts")).run,
  ps: async () => (await import("./task/ps.ts")).ps,
  logs: async () => (await import("./task/logs.ts")).logs,
  inspect: async () => (await import("./task/inspect.ts")).inspect,
  explain: async () => (await import("./task/explain.ts")).explain,
  wait: async () => (await import("./task/wait.ts")).wait,
  stop: async () => (await import("./task/stop.ts")).stop,
  rm: async () => (await import("./task/rm.ts")).rm,
  prune: async () => (await import("./task/prune.ts")).prune,
  nodes: async () => (await import("./node/nodes.ts")).nodes,
  node: async () => (await import("./node/node.ts")).node,
  events: async () => (await import("./task/events.ts")).events,
  backup: async () => (await import("./cluster/backup.ts")).backup,
  restore: async () => (await import("./cluster/restore.ts")).restore,
  up: async () => (await import("./cluster/up.ts")).up,
  master: async () => (await import("./cluster/master.ts")).master,
  worker: async () => (await import("./cluster/worker.ts")).worker,
  doctor: async () => (await import("./cluster/doctor.ts")).doctor,
  sim: async () => (await import("./sim/sim.ts")).sim,
  version: async () => (await import("./version.ts")).version,
  completion: async () => (await import("./completion.ts")).completion,
  help: async () => (await import("./help.ts")).help,
} as const satisfies Record<string, () => Promise<Command | CommandGroup>>;

export const commandNames = Object.keys(loaders) as CommandName[];

/** For `podling help` and docs/CLI.md. */
export const commandSections: ReadonlyArray<readonly [title: string, names: readonly CommandName[]]> = [
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

export function isCommand(word: string): word is CommandName {
  return Object.hasOwn(loaders, word);
}

export function loadCommand(name: CommandName): Promise<Command | CommandGroup> {
  return loaders[name]();
}

export async function loadAllCommands(): Promise<(Command | CommandGroup)[]> {
  return Promise.all(commandNames.map(loadCommand));
}
