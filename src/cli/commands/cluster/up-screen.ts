// What `podling up` shows on a terminal: a greeting with what to type next, a line when a task starts or ends, warnings, and
// at the end which containers keep running.

import { Client } from "../../../api/client.ts";
import type { WatchEvent } from "../../../api/views/stream-events.ts";
import type { TaskView } from "../../../api/views/task.ts";
import { delay } from "../../../lib/clock.ts";
import type { Log } from "../../../lib/log.ts";
import { readEvents } from "../../../lib/sse.ts";
import type { Node } from "../../../model/node/node.ts";
import { formatCpu, formatMemory } from "../../../model/quantity.ts";
import { isFinished } from "../../../model/task/reason.ts";
import type { Context } from "../../command/context.ts";
import type { UpScreen, UpSettings } from "../../command/roles.ts";
import { nodeStatus } from "../../render/nodes.ts";
import { oneLine } from "../../render/style.ts";
import { portsText, statusText } from "../../render/tasks.ts";
import { localTime } from "../../render/time.ts";
import { counted, listed } from "../../render/words.ts";
import { wrapAfter } from "../../render/wrap.ts";

/** How long the greeting waits for the worker to join, and the last words for the master. */
const joinMs = 5_000;
const lastLookMs = 1_000;

export class Screen implements UpScreen {
  readonly #context: Context;
  readonly #settings: UpSettings;
  readonly #ended = new AbortController();
  /** Null until both roles have started. */
  #client: Client | null = null;
  /** The last line about each task, without its time. */
  readonly #shown = new Map<string, string>();

  constructor(context: Context, settings: UpSettings) {
    this.#context = context;
    this.#settings = settings;
  }

  log(role: string): Log {
    const line =
      (warning: string) =>
      (message: string, fields: Record<string, unknown> = {}) => {
        const { why, hint, ...others } = fields;
        const more = Object.entries(others).filter(([, value]) => value !== undefined);
        const facts = more.length === 0 ? "" : ` (${more.map(([key, value]) => `${key} ${value}`).join(", ")})`;
        const cause = typeof why === "string" && why !== "" ? `: ${why}` : "";
        void this.#line(`${warning}${role}: ${message}${facts}${cause}${hint ? `. ${hint}` : ""}`, warning !== "");
      };
    const info = this.#context.flags.has("verbose") ? line("") : () => {};
    return { info, warn: line("warning: "), error: line("error: ") };
  }

  started(url: string, joined: Promise<void>): void {
    const { token } = this.#settings.master;
    const { user, fetch, clock } = this.#context.io;
    this.#client = new Client({ baseUrl: url, token: token ?? undefined, user, fetch, clock });
    void this.#greet(url, joined).then(() => this.#watch());
  }

  async stopping(): Promise<void> {
    this.#ended.abort();
    await this.#context.err("\n"); // after the ^C of the terminal
    await this.#say(await this.#lastWords());
  }

  async #lastWords(): Promise<string> {
    if (this.#settings.worker.drainOnExit) return "stopping all containers (--drain-on-exit)";
    const query = { status: "running", limit: 1_000 };
    const found = await this.#client?.call("listTasks", { query, timeoutMs: lastLookMs }).catch(() => null);
    if (!found?.ok) return "podling up has ended; containers keep running";
    const names = (found.value as TaskView[]).map(({ name }) => name);
    if (names.length === 0) return "podling up has ended; no container is running";
    const what = `${counted(names.length, "container")} ${names.length === 1 ? "keeps" : "keep"} running`;
    return `${what}: ${listed(names)}. podling up finds ${names.length === 1 ? "it" : "them"} again`;
  }

  // ---- the greeting

  async #greet(url: string, joined: Promise<void>): Promise<void> {
    const node = await this.#own(joined);
    if (this.#ended.signal.aborted) return;
    const { master, worker } = this.#settings;
    const shown = url.replace(/^http:\/\/127\.0\.0\.1(?=:)/, "http://localhost");
    const style = this.#context.style("stderr");
    const ready = node?.engineError === null;
    const state = ready
      ? style.paint("Podling is ready", "green")
      : style.paint("Podling runs, but no task can start yet", "yellow");
    await this.#say(`${state}: ${shown} (the API as a page: ${shown}/docs)`);
    if (node === null) await this.#say("Its worker has not joined yet; podling doctor says why");
    else if (node.engineError !== null) await this.#say(`Node ${node.hostname}: ${node.engineError}`);
    else
      await this.#say(`Node ${node.hostname}: ${machineText(node)}. Data: ${master.dataDir.replace(/\/master$/, "")}`);
    const usual = shown === "http://localhost:8080";
    const port = [master.port, worker.port].includes(8090) ? 8091 : 8090;
    const lines = [
      ...(usual ? [] : [`export PODLING_MASTER_URL=${shown}`]),
      ...(master.token === null ? [] : ["export PODLING_TOKEN=...   # the token of this master"]),
      `podling run web --image nginx -p ${port}:80   # then open http://localhost:${port}`,
      "podling ps",
    ];
    await this.#context.err(`\nIn another terminal:\n${lines.map((line) => `  ${line}\n`).join("")}\n`);
    const end = worker.drainOnExit ? "and stops its containers" : "containers keep running";
    await this.#say(`Ctrl-C ends podling up; ${end}.`);
  }

  /** The node of the worker of this process. Null if it has not joined in time. */
  async #own(joined: Promise<void>): Promise<Node | null> {
    const { signal } = this.#ended;
    const inTime = await Promise.race([
      joined.then(() => true),
      delay(this.#context.io.clock, joinMs, signal).then(() => false),
    ]);
    if (!inTime) return null;
    const found = await this.#client!.call("listNodes", { signal }).catch(() => null);
    const nodes = found?.ok ? (found.value as Node[]) : [];
    const { port, hostname } = this.#settings.worker;
    const here = nodes.filter(({ status }) => status === "online");
    return (
      here.find((node) => node.port === port && (hostname === null || node.hostname === hostname)) ?? here[0] ?? null
    );
  }

  // ---- what happens

  /** Shows changes until the end. After a lost connection it goes on with the next change. */
  async #watch(): Promise<void> {
    const { signal } = this.#ended;
    while (!signal.aborted) {
      try {
        const response = await this.#client!.fetch("watch", { signal });
        for await (const { event, data } of readEvents(response.body!)) {
          if (event === "change") await this.#change(JSON.parse(data) as WatchEvent);
        }
      } catch {
        // The master is stopping, or the change was too much for this screen.
      }
      await delay(this.#context.io.clock, 1_000, signal);
    }
  }

  async #change(event: WatchEvent): Promise<void> {
    if ("task" in event) return this.#once(event.task.taskId, taskLine(event.task));
    if ("node" in event) return this.#once(event.node.nodeId, `node ${event.node.hostname}: ${nodeStatus(event.node)}`);
    if ("taskId" in event) this.#shown.delete(event.taskId);
  }

  async #once(id: string, text: string | null): Promise<void> {
    if (text === null || this.#shown.get(id) === text) return;
    this.#shown.set(id, text);
    await this.#line(text, false);
  }

  /** A line with its time. */
  #line(text: string, isWarning: boolean): Promise<void> {
    const { stderr, clock } = this.#context.io;
    const style = this.#context.style("stderr");
    const time = localTime(clock.now());
    const wrapped = wrapAfter(`${time} `, oneLine(text), stderr.columns()).slice(time.length);
    return stderr.write(`${style.paint(time, "dim")}${isWarning ? style.paint(wrapped, "yellow") : wrapped}`);
  }

  /** A paragraph, which may have colours. */
  #say(text: string): Promise<void> {
    const { stderr } = this.#context.io;
    return stderr.write(wrapAfter("", text, stderr.columns()));
  }
}

/** "docker 20.10.24, 2 cores, 23.5 GiB" */
function machineText({ engine, cpu, memory }: Node): string {
  const parts = [
    ...(engine === null ? [] : [`${engine.name} ${engine.version}`]),
    ...(cpu > 0 ? [counted(Number(formatCpu(cpu)), "core")] : []),
    ...(memory > 0 ? [formatMemory(memory)] : []),
  ];
  return parts.join(", ");
}

/** "web: running, 127.0.0.1:8090->80/tcp". Null for the steps between. */
function taskLine(task: TaskView): string | null {
  const { name, status, reason, desired } = task;
  if (status === "running" && reason.code === "running" && desired === "running") {
    const ports = portsText(task);
    return `${name}: running${ports === "" ? "" : `, ${ports}`}`;
  }
  if (status === "completed" || status === "stopped") return `${name}: ${status}`;
  const bad = status === "pending" || reason.code === "restarting" || status === "failed";
  return bad || isFinished(status) ? `${name}: ${statusText(task)}, ${reason.message}` : null;
}
