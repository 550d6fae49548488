// The table of all commands, in the order of help.

import type { Command, CommandGroup, CommandTable } from "../command/command.ts";
import { otherWords, prefixes } from "./other-words.ts";

type CommandName = keyof typeof loaders;

const loaders = {
  run: async () => (await import("./task/run.ts")).run,
  ps: async () => (await import("./task/ps.ts")).ps,
  logs: async () => (await import("./task/logs.ts")).logs,
  wait: async () => (await import("./task/wait.ts")).wait,
  stop: async () => (await import("./task/stop.ts")).stop,
  restart: async () => (await import("./task/restart.ts")).restart,
  kill: async () => (await import("./task/kill.ts")).kill,
  rm: async () => (await import("./task/rm.ts")).rm,
  prune: async () => (await import("./task/prune.ts")).prune,
  explain: async () => (await import("./task/explain.ts")).explain,
  "why-not": async () => (await import("./task/why-not.ts")).whyNot,
  inspect: async () => (await import("./task/inspect.ts")).inspect,
  pod: async () => (await import("./task/pod.ts")).pod,
  plan: async () => (await import("./app/plan.ts")).plan,
  apply: async () => (await import("./app/apply.ts")).apply,
  ls: async () => (await import("./app/app.ts")).ls,
  down: async () => (await import("./app/down.ts")).down,
  app: async () => (await import("./app/app.ts")).app,
  service: async () => (await import("./service/service.ts")).service,
  job: async () => (await import("./job/job.ts")).job,
  volume: async () => (await import("./volume/volume.ts")).volume,
  registry: async () => (await import("./content/registry.ts")).registry,
  secret: async () => (await import("./content/secret.ts")).secret,
  config: async () => (await import("./content/config.ts")).config,
  nodes: async () => (await import("./node/nodes.ts")).nodes,
  node: async () => (await import("./node/node.ts")).node,
  rebalance: async () => (await import("./cluster/rebalance.ts")).rebalance,
  validate: async () => (await import("./app/validate.ts")).validate,
  export: async () => (await import("./app/export.ts")).exportApp,
  import: async () => (await import("./app/import-swarm.ts")).importCommands,
  events: async () => (await import("./task/events.ts")).events,
  doctor: async () => (await import("./cluster/doctor.ts")).doctor,
  backup: async () => (await import("./cluster/backup.ts")).backup,
  restore: async () => (await import("./cluster/restore.ts")).restore,
  up: async () => (await import("./cluster/up.ts")).up,
  master: async () => (await import("./cluster/master.ts")).master,
  worker: async () => (await import("./cluster/worker.ts")).worker,
  systemd: async () => (await import("./cluster/systemd.ts")).systemd,
  context: async () => (await import("./context.ts")).contextCommands,
  sim: async () => (await import("./sim/sim.ts")).sim,
  version: async () => (await import("./version.ts")).version,
  completion: async () => (await import("./completion.ts")).completionCommand(commandTable),
  help: async () => (await import("./help.ts")).helpCommand(commandTable),
} as const satisfies Record<string, () => Promise<Command | CommandGroup>>;

const sections: ReadonlyArray<readonly [title: string, names: readonly CommandName[]]> = [
  [
    "Run",
    [
      "run",
      "ps",
      "logs",
      "wait",
      "stop",
      "restart",
      "kill",
      "rm",
      "prune",
      "pod",
      "plan",
      "apply",
      "ls",
      "down",
      "app",
      "service",
      "job",
      "volume",
      "config",
      "secret",
      "registry",
    ],
  ],
  [
    "Inspect",
    ["explain", "why-not", "inspect", "nodes", "node", "rebalance", "validate", "export", "import", "events", "doctor"],
  ],
  ["Backup", ["backup", "restore"]],
  ["Server", ["up", "master", "worker", "systemd"]],
  ["Other", ["context", "sim", "version", "completion", "help"]],
];

/** Those that change no task and no node: "did you mean" proposes no others, because people type what is proposed. */
const harmless = [
  ...["ps", "logs", "wait", "explain", "why-not", "inspect", "nodes", "node inspect", "validate", "events", "doctor"],
  ...["plan", "ls", "app ls", "app inspect", "app history"],
  ...["export", "import swarm"],
  ...["pod list", "pod get", "pod logs"],
  ...["service ls", "service inspect", "service ps", "service history"],
  ...["job ls", "job inspect", "job logs", "volume ls", "volume inspect"],
  ...["config ls", "config inspect", "config history"],
  ...["secret ls", "secret inspect", "secret history", "registry ls"],
  ...["context ls", "sim", "version", "completion", "help"],
];

export const commandTable: CommandTable = {
  names: Object.keys(loaders),
  sections,
  otherWords,
  prefixes,
  harmless,
  load: async (name) => (isName(name) ? loaders[name]() : null),
  loadAll: () => Promise.all(Object.values(loaders).map((load): Promise<Command | CommandGroup> => load())),
};

function isName(word: string): word is CommandName {
  return Object.hasOwn(loaders, word);
}
