// podling service logs: the output of all replicas of a service, each line with the name and the node of its replica.

import type { TaskView } from "../../../api/views/task.ts";
import { delay } from "../../../lib/clock.ts";
import type { NodeId, TaskId } from "../../../model/ids.ts";
import type { Command } from "../../command/command.ts";
import type { Context } from "../../command/context.ts";
import { exitCodes } from "../../command/exit-codes.ts";
import { Failure, OutputFailure, RefusedError } from "../../command/failure.ts";
import { patiently } from "../../command/reconnect.ts";
import { LinePrefix } from "../../render/line-prefix.ts";
import { shortId } from "../../render/tasks.ts";
import { type LogOptions, showLogs } from "../task/follow-logs.ts";
import { askedLogs, logFlags } from "../task/log-flags.ts";
import { oneService } from "./arguments.ts";

/** How often it looks for new replicas while it follows. */
const readMs = 1000;

export const logs: Command = {
  name: "service logs",
  summary: "Show the output of all replicas of a service",
  usage: "SERVICE [flags]",
  description: [
    "Each line starts with the replica and its node. With -f it follows the replicas, also those that a rollout starts, until the service is removed.",
  ],
  arguments: oneService,
  flags: logFlags,
  examples: [
    ["podling service logs -f web", "follow all replicas"],
    ["podling service logs -n 5 web", "the last five lines of each"],
  ],
  async run(context) {
    const [id] = context.words;
    const { subject, options } = await askedLogs(context, () => context.call("getService", { id: id! }));
    const replicas = new ReplicaLogs(context, subject.serviceId);
    return options.follow ? replicas.follow(options) : replicas.show(options);
  },
};

class ReplicaLogs {
  readonly #context: Context;
  readonly #serviceId: string;
  readonly #hostnames = new Map<NodeId, string>();
  #failed = false;

  constructor(context: Context, serviceId: string) {
    this.#context = context;
    this.#serviceId = serviceId;
  }

  /** One replica after the other. One whose log cannot be read does not hide the others. */
  async show(options: LogOptions): Promise<number> {
    for (const task of await this.#replicas()) await this.#read(task, options);
    return this.#failed ? exitCodes.error : exitCodes.done;
  }

  async follow(options: LogOptions): Promise<number> {
    const context = this.#context;
    const followed = new Map<TaskId, Promise<void>>();
    let broken: unknown = null;
    for (let isFirst = true; broken === null; isFirst = false) {
      const tasks = await patiently(context, () => this.#replicas()).catch((error: unknown) => {
        if (isGone(error)) return null;
        throw error;
      });
      if (tasks === null) break;
      for (const task of tasks) {
        if (followed.has(task.taskId)) continue;
        // What a later replica writes is all new.
        const part = isFirst ? options : { ...options, tail: undefined, since: undefined };
        const reading = this.#read(task, part).catch((error: unknown) => {
          broken ??= error;
        });
        followed.set(task.taskId, reading);
      }
      await delay(context.io.clock, readMs);
    }
    if (broken !== null) throw broken;
    await Promise.all(followed.values());
    return this.#failed ? exitCodes.error : exitCodes.done;
  }

  async #replicas(): Promise<readonly TaskView[]> {
    const tasks = await this.#context.call("listReplicas", { id: this.#serviceId });
    if (tasks.some(({ nodeId }) => nodeId !== null && !this.#hostnames.has(nodeId)))
      for (const { nodeId, hostname } of await this.#context.call("listNodes")) this.#hostnames.set(nodeId, hostname);
    return tasks;
  }

  async #read(task: TaskView, options: LogOptions): Promise<void> {
    const context = this.#context;
    const { io } = context;
    const { name, nodeId } = task;
    const source = nodeId === null ? name : `${name}@${this.#hostnames.get(nodeId) ?? shortId(nodeId)}`;
    const outputs = { stdout: prefixed("stdout"), stderr: prefixed("stderr") };
    function prefixed(output: "stdout" | "stderr"): LinePrefix {
      return new LinePrefix(io[output], context.style(output).paint(`${source} | `, "dim"));
    }
    try {
      await showLogs(context.writingTo(outputs), task, options);
    } catch (error) {
      if (!(error instanceof Failure) || error instanceof OutputFailure) throw error;
      // Removed meanwhile: its lines were shown as long as there were any.
      if (isGone(error)) return;
      this.#failed = true;
      await context.say(`${source}: ${error.message}`);
    } finally {
      await outputs.stdout.end();
      await outputs.stderr.end();
    }
  }
}

function isGone(error: unknown): boolean {
  return error instanceof RefusedError && /^(service|task)-not-found$/.test(error.refusal.code);
}
