// podling service endpoints: where clients reach the replicas of a service, once or as it changes.

import type { EndpointGoneEvent } from "../../../api/views/stream-events.ts";
import { isLoopback } from "../../../lib/ip-address.ts";
import { readEvents } from "../../../lib/sse.ts";
import { bySlot, type Endpoint, type EndpointList } from "../../../model/service/endpoint.ts";
import type { ServiceView } from "../../../model/service/view.ts";
import type { Command } from "../../command/command.ts";
import type { Context } from "../../command/context.ts";
import { exitCodes } from "../../command/exit-codes.ts";
import { readAgain, untilCut } from "../../command/reconnect.ts";
import { Repaint } from "../../command/repaint.ts";
import { endpointColumns, endpointText } from "../../render/endpoints.ts";
import { jsonLine } from "../../render/json.ts";
import { oneService } from "./arguments.ts";

export const endpoints: Command = {
  name: "service endpoints",
  summary: "List where clients reach the replicas of a service, or the tasks that it selects",
  usage: "SERVICE [flags]",
  description: [
    "Lists the replicas that are ready, with the address of their node and their ports there. A replica that is stopped soon is marked as draining: its open connections go on, and new ones belong to the others.",
    "With -w it goes on until Ctrl-C or until the service is removed: on a terminal the table changes in place, in a pipe each change is a line.",
  ],
  arguments: oneService,
  flags: [{ long: "watch", short: "w", description: "show the endpoints as they change, until Ctrl-C" }],
  outputs: ["table", "json"],
  examples: [
    ["podling service endpoints web", "each address of web"],
    ["podling service endpoints web -w -o json", "changes as lines of JSON, for a load balancer"],
  ],
  async run(context) {
    const [id] = context.words;
    if (context.flags.has("watch")) return watch(context, id!);
    const list = await context.call("listEndpoints", { id: id! });
    if (context.output() === "json") await context.outJson(list);
    else await context.outTable(endpointColumns(list.endpoints), list.endpoints);
    return exitCodes.done;
  },
};

/** Says who can connect to the ports of a service, unless only its nodes can. */
export async function sayWhoReaches(context: Context, { name, template }: ServiceView): Promise<void> {
  const isOpen = template.containers.some(({ ports = [] }) => ports.some(({ hostIp }) => !isLoopback(hostIp)));
  if (isOpen)
    await context.say(
      `${name}: every machine that reaches its nodes can connect to its ports. Where: podling service endpoints ${name}`,
    );
}

/** What is done with the news of a list. */
interface View {
  all(list: EndpointList): Promise<void>;
  changed(endpoint: Endpoint): Promise<void>;
  gone(taskId: string): Promise<void>;
}

async function watch(context: Context, id: string): Promise<number> {
  const ended = new AbortController();
  const view = viewOf(context);
  await readAgain(
    context,
    async (begun) => {
      const response = await context.fetch("listEndpoints", { id, query: { watch: "true" } });
      for await (const { event, data } of untilCut(readEvents(response.body!))) {
        begun();
        if (event === "sync") await view.all(JSON.parse(data) as EndpointList);
        else if (event === "endpoint") await view.changed(JSON.parse(data) as Endpoint);
        else if (event === "gone") await view.gone((JSON.parse(data) as EndpointGoneEvent).taskId);
        else if (event === "removed") ended.abort();
      }
    },
    ended.signal,
  );
  await context.say(`the service ${id} was removed`);
  return exitCodes.done;
}

function viewOf(context: Context): View {
  if (context.output() === "json") return new JsonLines(context);
  return context.io.stdout.isTty ? new Screen(context) : new Lines(context);
}

/** Each event as a line. */
class JsonLines implements View {
  readonly #context: Context;

  constructor(context: Context) {
    this.#context = context;
  }

  all(list: EndpointList): Promise<void> {
    return this.#context.out(jsonLine({ event: "sync", ...list }));
  }

  changed(endpoint: Endpoint): Promise<void> {
    return this.#context.out(jsonLine({ event: "endpoint", ...endpoint }));
  }

  gone(taskId: string): Promise<void> {
    return this.#context.out(jsonLine({ event: "gone", taskId }));
  }
}

/** The table in place. */
class Screen implements View {
  readonly #context: Context;
  readonly #repaint: Repaint;
  #shown = new Map<string, Endpoint>();

  constructor(context: Context) {
    this.#context = context;
    this.#repaint = new Repaint(context.io.stdout);
  }

  async all({ endpoints }: EndpointList): Promise<void> {
    this.#shown = new Map(endpoints.map((one) => [one.taskId, one]));
    await this.#paint();
  }

  async changed(endpoint: Endpoint): Promise<void> {
    this.#shown.set(endpoint.taskId, endpoint);
    await this.#paint();
  }

  async gone(taskId: string): Promise<void> {
    this.#shown.delete(taskId);
    await this.#paint();
  }

  #paint(): Promise<void> {
    const rows = [...this.#shown.values()].sort(bySlot);
    return this.#repaint.show(rows.length === 0 ? "no endpoints\n" : this.#context.table(endpointColumns(rows), rows));
  }
}

/** A line for each change: "web.1 ready at 10.0.0.5:49153->80/tcp on n1". */
class Lines implements View {
  readonly #context: Context;
  /** The last line of each, by the id of its task. */
  readonly #said = new Map<string, { name: string; line: string }>();

  constructor(context: Context) {
    this.#context = context;
  }

  /** At the start, and after a lost connection what has changed meanwhile. */
  async all({ endpoints }: EndpointList): Promise<void> {
    const there = new Set<string>(endpoints.map(({ taskId }) => taskId));
    for (const endpoint of endpoints) await this.changed(endpoint);
    for (const taskId of [...this.#said.keys()]) if (!there.has(taskId)) await this.gone(taskId);
  }

  async changed(endpoint: Endpoint): Promise<void> {
    const { taskId, name } = endpoint;
    const line = endpointText(endpoint);
    if (this.#said.get(taskId)?.line === line) return;
    this.#said.set(taskId, { name, line });
    await this.#context.out(`${line}\n`);
  }

  async gone(taskId: string): Promise<void> {
    const before = this.#said.get(taskId);
    if (!this.#said.delete(taskId)) return;
    await this.#context.out(`${before!.name} gone\n`);
  }
}
