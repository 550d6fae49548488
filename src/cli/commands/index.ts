// The table of all commands, in the order of help.

import type { Command, CommandGroup, CommandTable } from "../command/command.ts";

type CommandName = keyof typeof loaders;

const loaders = {
  run: async () => (await import("./task/run.ts")).run,
  ps: async () => (await import("./task/ps.ts")).ps,
  logs: async () => (await import("./task/logs.ts")).logs,
  wait: async () => (await import("./task/wait.ts")).wait,
  stop: async () => (await import("./task/stop.ts")).stop,
  rm: async () => (await import("./task/rm.ts")).rm,
  prune: async () => (await import("./task/prune.ts")).prune,
  explain: async () => (await import("./task/explain.ts")).explain,
  inspect: async () => (await import("./task/inspect.ts")).inspect,
  nodes: async () => (await import("./node/nodes.ts")).nodes,
  node: async () => (await import("./node/node.ts")).node,
  events: async () => (await import("./task/events.ts")).events,
  doctor: async () => (await import("./cluster/doctor.ts")).doctor,
  backup: async () => (await import("./cluster/backup.ts")).backup,
  restore: async () => (await import("./cluster/restore.ts")).restore,
  up: async () => (await import("./cluster/up.ts")).up,
  master: async () => (await import("./cluster/master.ts")).master,
  worker: async () => (await import("./cluster/worker.ts")).worker,
  systemd: async () => (await import("./cluster/systemd.ts")).systemd,
  sim: async () => (await import("./sim/sim.ts")).sim,
  version: async () => (await import("./version.ts")).version,
  completion: async () => (await import("./completion.ts")).completionCommand(commandTable),
  help: async () => (await import("./help.ts")).helpCommand(commandTable),
} as const satisfies Record<string, () => Promise<Command | CommandGroup>>;

const sections: ReadonlyArray<readonly [title: string, names: readonly CommandName[]]> = [
  ["Run", ["run", "ps", "logs", "wait", "stop", "rm", "prune"]],
  ["Inspect", ["explain", "inspect", "nodes", "node", "events", "doctor"]],
  ["Backup", ["backup", "restore"]],
  ["Server", ["up", "master", "worker", "systemd"]],
  ["Other", ["sim", "version", "completion", "help"]],
];

const otherWords: Readonly<Record<string, string>> = {
  get: "Use podling ps for tasks, podling nodes for nodes, or podling inspect for one task",
  list: "Use podling ps for tasks or podling nodes for nodes",
  ls: "Use podling ps for tasks or podling nodes for nodes",
  describe: "Use podling explain TASK for the reasons, or podling inspect TASK for the record",
  create: "Use podling run NAME --image IMAGE",
  start: "Use podling run NAME --image IMAGE for a task, or podling up for a master and a worker",
  delete: "Use podling rm TASK",
  kill: "Use podling stop TASK",
  cordon: "Use podling node cordon NODE",
  uncordon: "Use podling node uncordon NODE",
  simulate: "Use podling sim",
  server: "Use podling master",
  agent: "Use podling worker",
  export: "Use podling backup FILE",
  import: "Use podling restore FILE",
  snapshot: "Use podling backup FILE",
  check: "Use podling doctor",
  status: "Use podling doctor, podling nodes or podling ps",
};

export const commandTable: CommandTable = {
  names: Object.keys(loaders),
  sections,
  otherWords,
  load: async (name) => (isName(name) ? loaders[name]() : null),
  loadAll: () => Promise.all(Object.values(loaders).map((load): Promise<Command | CommandGroup> => load())),
};

function isName(word: string): word is CommandName {
  return Object.hasOwn(loaders, word);
}
