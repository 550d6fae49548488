// podling service ls, inspect and ps: services and their replicas.

import type { TaskView } from "../../../api/views/task.ts";
import type { ServiceView } from "../../../model/service/view.ts";
import type { Command } from "../../command/command.ts";
import { exitCodes } from "../../command/exit-codes.ts";
import { replicaColumns, serviceColumns } from "../../render/services.ts";
import { refusedListFlags } from "../list-flags.ts";
import { oneService, severalServices } from "./arguments.ts";

const filtering = `write podling service ls -o json | jq '.[] | select(.name == "web")'`;

export const ls: Command = {
  name: "service ls",
  summary: "List services",
  usage: "[flags]",
  flags: [
    { long: "namespace", value: "NAME", description: "only those of this namespace" },
    { long: "quiet", short: "q", description: "only ids, one a line" },
  ],
  outputs: ["table", "wide", "json", "name"],
  refused: { ...refusedListFlags("podling service ls", "name"), "--filter": filtering, "-f": filtering },
  examples: [["podling service ls", "all services"]],
  async run(context) {
    const namespace = context.flags.text("namespace");
    const services = await context.call("listServices", { query: namespace === undefined ? {} : { namespace } });
    if (context.flags.has("quiet")) await context.out(services.map(({ serviceId }) => `${serviceId}\n`).join(""));
    else if (context.output() === "json") await context.outJson(services);
    else if (context.output() === "name") await context.out(services.map(({ name }) => `${name}\n`).join(""));
    else if (services.length === 0 && context.io.stdout.isTty)
      await context.err("no services. Create one with: podling service create web --image nginx\n");
    else await context.outTable(serviceColumns(context.masterNow(), context.output() === "wide"), services);
    return exitCodes.done;
  },
};

export const inspect: Command = {
  name: "service inspect",
  summary: "Show service details as JSON",
  usage: "SERVICE [SERVICE ...]",
  description: ["Prints an object for one service, and a list for several."],
  arguments: severalServices,
  flags: [],
  outputs: ["json", "name"],
  examples: [["podling service inspect web", "all details of web"]],
  async run(context) {
    const services: ServiceView[] = [];
    for (const id of context.words) services.push(await context.call("getService", { id }));
    if (context.output() === "name") await context.out(services.map(({ name }) => `${name}\n`).join(""));
    else await context.outJson(services.length === 1 ? services[0] : services);
    return exitCodes.done;
  },
};

export const ps: Command = {
  name: "service ps",
  summary: "List the replicas of a service, or the tasks that it selects",
  usage: "SERVICE [flags]",
  arguments: oneService,
  flags: [{ long: "quiet", short: "q", description: "only ids of tasks, one a line" }],
  outputs: ["table", "json", "name"],
  examples: [["podling service ps web", "each replica, with its revision and node"]],
  async run(context) {
    const [id] = context.words;
    const tasks: readonly TaskView[] = await context.call("listReplicas", { id: id! });
    if (context.flags.has("quiet")) await context.out(tasks.map(({ taskId }) => `${taskId}\n`).join(""));
    else if (context.output() === "json") await context.outJson(tasks);
    else if (context.output() === "name") await context.out(tasks.map(({ name }) => `${name}\n`).join(""));
    else {
      const nodes = new Map((await context.call("listNodes")).map((node) => [node.nodeId, node]));
      await context.outTable(replicaColumns(context.masterNow(), nodes, tasks), tasks);
    }
    return exitCodes.done;
  },
};
