// podling run: create a task, and wait until it runs (or, with --follow, until it has finished).

import type { CallArguments } from "../../../api/client.ts";
import type { TaskView } from "../../../api/views/task.ts";
import { isLoopback } from "../../../lib/ip-address.ts";
import { limits } from "../../../model/limits.ts";
import type { Node } from "../../../model/node/node.ts";
import type { Refusal, RefusalCode } from "../../../model/refusal.ts";
import { isFinished } from "../../../model/task/reason.ts";
import type { Command } from "../../command/command.ts";
import type { Context } from "../../command/context.ts";
import { exitCodes } from "../../command/exit-codes.ts";
import { RefusedError, UsageError, writeError } from "../../command/failure.ts";
import { isHere } from "../../command/own-machine.ts";
import { portText } from "../../render/tasks.ts";
import { formatWait } from "../../render/time.ts";
import { imageFlag, refusedRunFlags, runFlags } from "./flags/run-flags.ts";
import { showLogs } from "./follow-logs.ts";
import { warnOfNoNeighbour } from "./near.ts";
import { taskBody } from "./task-input.ts";
import { currentTask, patienceMs, waitForTask } from "./wait-task.ts";

export const run: Command = {
  name: "run",
  summary: "Run a container somewhere in the cluster",
  usage: "[flags] IMAGE [COMMAND ARG ...] | NAME --image IMAGE [flags] [-- COMMAND ARG ...]",
  description: [
    "Creates a task, waits until it runs, and prints its id. While it waits, it shows the reason. With -d it prints the id at once.",
    "With --replicas it creates a service: podling service create has the flags of its rollouts.",
    "With --follow it shows the output of the container and returns the container's exit code. Ctrl-C keeps the task and prints how to stop it; with --rm, Ctrl-C stops and removes it.",
    "Everything after -- is the container's command.",
    "Without --image it is docker's form, podling run [flags] IMAGE [COMMAND ARG ...]: the first word is the image, and everything after it is the container's command, with its flags. The name is that of --name, or made from the image.",
  ],
  arguments: { name: "NAME", min: 0, max: 1 },
  takesContainerCommand: true,
  imageFlag: { ...imageFlag, short: "i" },
  flags: runFlags,
  outputs: ["table", "json", "name"],
  refused: refusedRunFlags,
  examples: [
    ["podling run web --image nginx -p 8090:80", "a web server on port 8090 of its node"],
    ["podling run --rm alpine sh -c 'echo hello'", "a job in the foreground, as in docker"],
    [
      "podling run db --image postgres --restart always --constraint disk==ssd",
      "a database on a node with the label disk=ssd",
    ],
  ],
  async run(context) {
    const { flags } = context;
    const detach = flags.has("detach");
    if (detach && flags.has("follow"))
      throw new UsageError("-d and --follow exclude each other", "Remove one of them.");
    const timeoutMs = flags.durationMs("timeout")!;
    const { name, image } = nameAndImage(context);
    if (flags.text("replicas") !== undefined) return runService(context, name, image);
    const body = await taskBody(name, image, flags, context.containerCommand, context.io);
    await warnOfNoNeighbour(context);
    if (detach) {
      const code = await printCreated(context, await createTask(context, body));
      if (flags.has("rm"))
        await context.say(`with -d, ${name} stays when it has finished: until podling prune, or a day`);
      return code;
    }
    return new Foreground(context, timeoutMs).run(body);
  },
};

/** Replicas are those of a service, which goes on without this command. */
async function runService(context: Context, name: string, image: string): Promise<number> {
  for (const flag of ["follow", "rm", "again"])
    if (context.flags.has(flag)) {
      const hint = `Remove one of them. The output of all replicas: podling service logs -f ${name}`;
      throw new UsageError(`--replicas and --${flag} exclude each other`, hint);
    }
  const { createService } = await import("../service/create.ts");
  return createService(context, name, image);
}

function nameAndImage({ flags, words }: Context): { name: string; image: string } {
  const [word] = words;
  const name = flags.text("name");
  const image = flags.text("image");
  if (image === undefined && word !== undefined) return { name: name ?? madeName(word), image: word };
  if (image === undefined && name !== undefined)
    throw new UsageError("the image is missing", `Write: podling run ${name} --image IMAGE`);
  if (image === undefined) throw new UsageError("name and image are missing", "Write: podling run NAME --image IMAGE");
  if (word !== undefined && name !== undefined)
    throw new UsageError(`two names: ${word} and --name ${name}`, "Remove one of them.");
  const named = word ?? name;
  if (named !== undefined) return { name: named, image };
  throw new UsageError("the name is missing", `Write: podling run ${nameFor(image)} --image ${image}`);
}

/** A name that no other task is likely to have. */
function madeName(image: string): string {
  const base =
    nameFor(image)
      .replace(/^[^a-zA-Z0-9]+|[^a-zA-Z0-9._-]+/g, "")
      .slice(0, 40) || "task";
  return `${base}-${crypto.randomUUID().slice(0, 6)}`;
}

/** registry.example:5000/team/app:1.2 -> app */
function nameFor(image: string): string {
  return image.replace(/@.*$/, "").split("/").at(-1)!.replace(/:.*$/, "") || "NAME";
}

async function printCreated(context: Context, task: TaskView): Promise<number> {
  await printTask(context, task);
  if (task.status !== "pending") return exitCodes.done;
  await context.say(
    `${task.name} is accepted but has to wait: ${task.reason.message}. Details: podling explain ${task.name}`,
  );
  return exitCodes.notYet;
}

/** stdout gets only the id (or name, or JSON), for scripts. */
async function printTask(context: Context, task: TaskView): Promise<void> {
  if (context.output() === "json") await context.outJson(task);
  else await context.out(`${context.output() === "name" ? task.name : task.taskId}\n`);
}

/** A run that waits for its task, and handles Ctrl-C. */
class Foreground {
  readonly #context: Context;
  readonly #timeoutMs: number;
  readonly #leave = new AbortController();
  #task: TaskView | null = null;

  constructor(context: Context, timeoutMs: number) {
    this.#context = context;
    this.#timeoutMs = timeoutMs;
  }

  async run(body: Parameters<typeof createTask>[1]): Promise<number> {
    const context = this.#context;
    // A second Ctrl-C ends the process, also while a stopped task is awaited.
    const interrupts = context.io.onInterrupt(() => {
      interrupts();
      this.#leave.abort();
    });
    try {
      const start = context.io.clock.now();
      const created = await createTask(context, body, this.#leave.signal);
      this.#task = created;
      const started = await waitForTask(context, created, "running", {
        timeoutMs: this.#timeoutMs,
        signal: this.#leave.signal,
      });
      this.#task = started;
      if (this.#leave.signal.aborted) return await this.#interrupted();
      if (context.flags.has("follow") || context.flags.has("rm")) return await this.#follow(started);
      return await this.#reportStart(started, context.io.clock.now() - start);
    } catch (error) {
      if (this.#leave.signal.aborted) return await this.#interrupted();
      throw error;
    } finally {
      interrupts();
    }
  }

  async #reportStart(task: TaskView, tookMs: number): Promise<number> {
    const context = this.#context;
    if (task.status === "failed" || task.status === "stopped") {
      await printTask(context, task);
      await reportFailure(context, task);
      return exitCodes.error;
    }
    if (task.status === "pending" || task.status === "scheduled") {
      await printTask(context, task);
      await reportWaiting(context, task, this.#timeoutMs);
      return exitCodes.notYet;
    }
    const [node, latest] = await Promise.all([
      task.nodeId === null ? null : context.try("getNode", { id: task.nodeId }),
      this.#shortlyAfterStart(task),
    ]);
    const where = node?.ok && node.value ? ` on ${node.value.hostname}` : "";
    await context.say(startSentence(latest, where, tookMs));
    if (node?.ok && node.value) await this.#sayWhoReaches(task, node.value);
    await printTask(context, task);
    return exitCodes.done;
  }

  /**
   * The task a moment after its start: a program with a mistake often ends at once. A script that reads the id is not kept
   * waiting: it gets the task as it is now, by a request beside another one.
   */
  async #shortlyAfterStart(task: TaskView): Promise<TaskView> {
    if (isFinished(task.status)) return task;
    const { signal } = this.#leave;
    const { stdout, stderr } = this.#context.io;
    const query = { wait: "finished", timeout: `${earlyEndMs}ms` } as const;
    const latest = await this.#latest(task, stdout.isTty && stderr.isTty ? { query, signal } : { signal });
    signal.throwIfAborted();
    // It was started, whatever has become of it or of the master.
    return latest ?? task;
  }

  /** A port on 127.0.0.1 of another machine cannot be reached from here, and docker would publish it on all addresses. */
  async #sayWhoReaches({ publishedPorts }: TaskView, node: Node): Promise<void> {
    const context = this.#context;
    const own = publishedPorts.find(({ hostIp }) => isLoopback(hostIp));
    if (own === undefined || isHere(node.address, (await context.target()).url, context.io.ownAddresses())) return;
    const { hostPort, containerPort, protocol } = own;
    const port = `0.0.0.0:${hostPort}:${containerPort}${protocol === "udp" ? "/udp" : ""}`;
    await context.say(
      `${own.hostIp} is that of ${node.hostname}: only ${node.hostname} itself reaches it. For other machines: -p ${port}`,
    );
  }

  async #follow(started: TaskView): Promise<number> {
    const context = this.#context;
    if (started.status === "pending" || started.status === "scheduled") {
      await reportWaiting(context, started, this.#timeoutMs);
      return exitCodes.notYet;
    }
    // A task that never started has no output.
    if (started.startedAt !== null) await this.#showLogs(started);
    if (this.#leave.signal.aborted) return this.#interrupted();
    const ended = (await currentTask(context, started.taskId)) ?? started;
    this.#task = ended;
    // The output and the exit code of a run that ended by itself say enough.
    if (ended.status === "failed" && ended.reason.code !== "exited" && !ended.oomKilled)
      await reportFailure(context, ended);
    else if (ended.oomKilled) await context.say(`${ended.name}: ${ended.reason.message}`);
    if (context.flags.has("rm")) await context.try("deleteTask", { id: ended.taskId });
    return containerExitCode(ended);
  }

  /** If the output is not available, it still waits for the task to finish. */
  async #showLogs(task: TaskView): Promise<void> {
    const context = this.#context;
    try {
      await showLogs(context, task, { follow: true, timestamps: false }, this.#leave.signal);
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
      await writeError(context.io.stderr, error.message, error.hint);
      await waitForTask(context, task, "finished", { timeoutMs: patienceMs, signal: this.#leave.signal });
    }
  }

  async #interrupted(): Promise<number> {
    const context = this.#context;
    const task = this.#task;
    const newline = context.io.stderr.isTty ? "\n" : "";
    if (task === null) {
      await context.err(newline);
      await context.say("interrupted before the master answered. Check with podling ps whether the task was created");
    } else if (context.flags.has("rm")) {
      await context.err(`${newline}stopping and removing ${task.name}\n`);
      await context.call("stopTask", { id: task.taskId, query: { wait: "finished", timeout: "60s" } });
      await context.try("deleteTask", { id: task.taskId, query: { force: true } });
    } else {
      await context.err(newline);
      await context.say(leftBehind((await this.#latest(task)) ?? task));
    }
    return exitCodes.interrupted;
  }

  /** The task as it is now: the one at hand may be as old as the request that Ctrl-C interrupted. Null if it is not known. */
  async #latest({ taskId }: TaskView, more: Look = {}): Promise<TaskView | null> {
    try {
      const found = await this.#context.try("getTask", { ...more, id: taskId, timeoutMs: lastLookMs });
      return found.ok ? (found.value as TaskView) : null;
    } catch {
      return null;
    }
  }
}

/** The start of a task. It may have ended since: the exit code says that it was started, the sentence what became of it. */
function startSentence(task: TaskView, where: string, tookMs: number): string {
  const { name, status, reason, publishedPorts } = task;
  const took = ` after ${formatWait(tookMs)}`;
  if (status === "completed") return `${name} has completed${where}${took}`;
  if (isFinished(status) || reason.code === "restarting")
    return `${name} was started${where}${took}, and has ended: ${reason.message}. Its output: podling logs ${name}`;
  const ports = publishedPorts.length === 0 ? "" : `: ${publishedPorts.map(portText).join(", ")}`;
  return `${name} is running${where}${took}${ports}`;
}

/** How a last look waits for news, and what ends it. */
type Look = Pick<CallArguments<"getTask">[0], "query" | "signal">;

/** On a terminal, how long a start is watched for an early end. */
const earlyEndMs = 300;

/** Time for a last request, after a start or Ctrl-C. */
const lastLookMs = 2000;

/** What becomes of a task whose run was interrupted, and what to type next. */
function leftBehind({ name, status, desired, reason }: TaskView): string {
  if (isFinished(status)) return `${name} ${status}: ${reason.message}`;
  if (desired === "stopped") return `${name} is being stopped`;
  if (status === "pending")
    return `${name} waits for a node and will run when one fits. Cancel it with: podling stop ${name}`;
  if (status === "scheduled") return `${name} will start on its node. Stop it with: podling stop ${name}`;
  return `${name} keeps running. Stop it with: podling stop ${name}`;
}

/** Refusals that mean a wrong command line: they get the exit code of a usage error. */
const mistakes: ReadonlySet<RefusalCode> = new Set(["invalid-field", "unknown-field", "unprocessable"]);

async function createTask(context: Context, body: Awaited<ReturnType<typeof taskBody>>, signal?: AbortSignal) {
  // A deploy script that runs twice must not start everything twice.
  const headers = context.flags.has("again") ? {} : { "if-none-match": "*" };
  const outcome = await context.try("createTask", { body, headers, ...(signal ? { signal } : {}) });
  if (outcome.ok) return outcome.value!;
  if (outcome.refusal.code === "name-taken") throw new RefusedError(nameTaken(body.name, outcome.refusal));
  const proposed = proposedName(body.name);
  if (outcome.refusal.details?.field === "name" && proposed !== "") {
    const hint = `Write ${proposed}`;
    throw new UsageError(outcome.refusal.message, hint);
  }
  const exitCode = mistakes.has(outcome.refusal.code) ? exitCodes.usage : exitCodes.error;
  throw new RefusedError(outcome.refusal, { exitCode });
}

/** The nearest name that the master takes: "my web" as my-web. */
function proposedName(name: string): string {
  return name
    .replace(/[^a-zA-Z0-9._-]+/g, "-")
    .replace(/^[^a-zA-Z0-9]+|[._-]+$/g, "")
    .slice(0, limits.nameLength)
    .replace(/[._-]+$/, "");
}

function nameTaken(name: string, refusal: Refusal): Refusal {
  const hint = `Stop it with: podling stop ${name}. Or run another task of the same name beside it: podling run --again ...`;
  return { ...refusal, hint };
}

async function reportFailure(context: Context, { name, status, reason, error, startedAt }: TaskView): Promise<void> {
  const detail = error !== null && !reason.message.includes(error) ? `: ${error}` : "";
  // A task that never started has no output.
  const why = startedAt === null ? `podling explain ${name}` : `podling logs ${name}`;
  const isKept = !context.flags.has("rm");
  const next = status === "failed" && isKept ? `Details: ${why}, podling inspect ${name}` : "";
  await writeError(context.io.stderr, `${name} ${status}: ${reason.message}${detail}`, next);
}

async function reportWaiting(context: Context, task: TaskView, timeoutMs: number): Promise<void> {
  const { name, status, reason } = task;
  await context.say(`${name} is still ${status} after ${formatWait(timeoutMs)}: ${reason.message}`);
  if (status !== "pending") return;
  const explained = await context.try("explainTask", { id: task.taskId });
  const change = explained.ok ? explained.value?.smallestChange : null;
  if (change) await context.say(`What would help: ${change}`);
  await context.say(
    `The task is kept and will run when a node fits. Details: podling explain ${name}. Cancel: podling stop ${name}`,
  );
}

function containerExitCode({ status, exitCode }: TaskView): number {
  if (exitCode !== null) return exitCode & 0xff;
  return status === "completed" ? exitCodes.done : exitCodes.notRun;
}
