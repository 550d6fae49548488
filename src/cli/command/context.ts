// What a command is given: its flags and words, the master to call, and where to write. It turns refusals, and a master
// that does not answer, into failures with a sentence. Only runCli prints failures.

import type { CallArguments, Client, UnreachableError } from "../../api/client.ts";
import type { AnswerOf, OperationId } from "../../api/operations/operations.ts";
import { shownUrl } from "../../lib/server-url.ts";
import type { Outcome, Refusal } from "../../model/refusal.ts";
import { prettyJson } from "../render/json.ts";
import { Progress } from "../render/progress.ts";
import { createStyle, oneLine, type Style, supportsUtf8 } from "../render/style.ts";
import { type Column, renderBlocks, renderTable } from "../render/table.ts";
import { wrapAfter } from "../render/wrap.ts";
import { clockOffset } from "./clock-offset.ts";
import { exitCodes } from "./exit-codes.ts";
import { Failure, RefusedError } from "./failure.ts";
import type { OutputFormat } from "./flag.ts";
import type { FlagValues } from "./flag-values.ts";
import type { Io } from "./io.ts";
import type { Roles } from "./roles.ts";
import { findTarget, type Target } from "./target.ts";

export interface ContextOptions {
  /** As it is typed after podling: "service create". */
  commandName: string;
  io: Io;
  roles: Roles;
  flags: FlagValues;
  words: readonly string[];
  containerCommand: readonly string[] | null;
  /** Used if -o is not given. */
  defaultOutput: OutputFormat;
}

export class Context {
  /** As it is typed after podling: "service create". */
  readonly commandName: string;
  readonly io: Io;
  readonly roles: Roles;
  readonly flags: FlagValues;
  readonly words: readonly string[];
  /** The words after `--`. Null if there is no `--`. */
  readonly containerCommand: readonly string[] | null;
  readonly #defaultOutput: OutputFormat;
  /** ms by which the master's clock is ahead of this machine's, from the newest answer; 0 while it is not known to differ. */
  #masterAheadMs = 0;
  #target: Promise<Target> | null = null;
  #client: Promise<Client> | null = null;

  constructor({ commandName, io, roles, flags, words, containerCommand, defaultOutput }: ContextOptions) {
    this.commandName = commandName;
    this.io = io;
    this.roles = roles;
    this.flags = flags;
    this.words = words;
    this.containerCommand = containerCommand;
    this.#defaultOutput = defaultOutput;
  }

  /** The same command with other outputs; it calls the master over the same client. */
  writingTo(outputs: Pick<Io, "stdout" | "stderr">): Context {
    const { commandName, roles, flags, words, containerCommand } = this;
    const io = { ...this.io, ...outputs };
    const defaultOutput = this.#defaultOutput;
    const context = new Context({ commandName, io, roles, flags, words, containerCommand, defaultOutput });
    context.#client = this.#client;
    context.#target = this.#target;
    return context;
  }

  // ---- writing

  out(text: string | Uint8Array): Promise<void> {
    return this.io.stdout.write(text);
  }

  err(text: string): Promise<void> {
    return this.io.stderr.write(text);
  }

  /** One line on stderr; control characters in messages are replaced. */
  say(sentence: string): Promise<void> {
    const text = oneLine(sentence).trim();
    const { isTty, columns } = this.io.stderr;
    return this.err(wrapAfter("", text, isTty ? columns() : null));
  }

  outJson(value: unknown): Promise<void> {
    return this.out(prettyJson(value));
  }

  outTable<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): Promise<void> {
    return this.out(this.table(columns, rows));
  }

  /** The table as outTable prints it. On a terminal, one that is too wide (-o wide) is broken into several. */
  table<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
    const { isTty, columns: terminal } = this.io.stdout;
    const style = this.style("stdout");
    return isTty && this.output() === "wide"
      ? renderBlocks(columns, rows, style, terminal())
      : renderTable(columns, rows, style, this.tableWidth());
  }

  /** True when figures are also drawn as bars: for people, where the terminal has the characters. */
  drawsBars(): boolean {
    return this.io.stdout.isTty && supportsUtf8(this.io.env) && this.io.env.TERM !== "dumb";
  }

  /** The width for tables. Null for no limit: in a pipe, and with -o wide. */
  tableWidth(): number | null {
    return this.io.stdout.isTty && this.output() !== "wide" ? this.io.stdout.columns() : null;
  }

  output(): OutputFormat {
    return (this.flags.text("output") as OutputFormat | undefined) ?? this.#defaultOutput;
  }

  style(output: "stdout" | "stderr"): Style {
    const { env } = this.io;
    const colours = this.io[output].isTty && !this.flags.has("no-color") && !env.NO_COLOR && env.TERM !== "dumb";
    return createStyle(colours, supportsUtf8(env));
  }

  progress(): Progress {
    return new Progress(this.io.stderr, this.style("stderr"));
  }

  // ---- calling

  /** The master's clock, in ms since the epoch: ages and limits of time are by it, because records have its times. */
  masterNow(): number {
    return this.io.clock.now() + this.#masterAheadMs;
  }

  /** The master that the command calls, with its token. Throws a Failure if what names it is wrong. */
  target(): Promise<Target> {
    this.#target ??= findTarget(this);
    return this.#target;
  }

  /** Resolves with the answer; throws a Failure for a refusal. */
  async call<Id extends OperationId>(id: Id, ...options: CallArguments<Id>): Promise<AnswerOf<Id>> {
    const outcome = await this.try(id, ...options);
    if (!outcome.ok) throw this.refused(await this.withOtherKind(outcome.refusal, options[0]));
    return outcome.value as AnswerOf<Id>;
  }

  /** Of a task, node, service, job or schedule that does not exist: says so if another kind has that name. */
  async withOtherKind(refusal: Refusal, asked: object | undefined): Promise<Refusal> {
    const id = (asked as { id?: unknown } | undefined)?.id;
    if (typeof id !== "string" || !/^(task|node|service|job|schedule)-not-found$/.test(refusal.code)) return refusal;
    for (const { code, operation, hint } of otherKinds) {
      if (code === refusal.code) continue;
      const found = await this.try(operation, { id }).catch(() => null);
      if (found?.ok) return { ...refusal, hint: hint(id) };
    }
    return refusal;
  }

  /** Resolves with the answer or the refusal; throws a Failure if the master cannot be reached. */
  async try<Id extends OperationId>(id: Id, ...options: CallArguments<Id>): Promise<Outcome<AnswerOf<Id> | null>> {
    const client = await this.#connect();
    return this.#reach(options[0]?.signal, () => client.call(id, ...options));
  }

  /** The response itself, for streams and headers; throws a Failure for a refusal. */
  async fetch<Id extends OperationId>(id: Id, ...options: CallArguments<Id>): Promise<Response> {
    const client = await this.#connect();
    const signal = options[0]?.signal;
    const response = await this.#reach(signal, () => client.fetch(id, ...options));
    if (response.ok) return response;
    const { readRefusal } = await import("../../api/client.ts");
    const { refusal } = await this.#reach(signal, () => client.read(() => readRefusal(response), signal));
    throw this.refused(refusal);
  }

  /** The failure of a refusal, which names the help of this command. */
  refused(refusal: Refusal): RefusedError {
    const exitCode = refusal.code === "plan-drifted" ? exitCodes.changed : exitCodes.error;
    return new RefusedError(refusal, { exitCode, commandName: this.commandName });
  }

  /** The JSON body of a response of `fetch`. */
  async json(response: Response): Promise<unknown> {
    const client = await this.#connect();
    return this.#reach(undefined, () => client.read(() => response.json()));
  }

  /** Reads a part of such a body with the given function. */
  async read<T>(body: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    const client = await this.#connect();
    return this.#reach(signal, () => client.read(body, signal));
  }

  #connect(): Promise<Client> {
    this.#client ??= this.#createClient();
    return this.#client;
  }

  async #createClient(): Promise<Client> {
    const { url, token } = await this.target();
    // Loaded here, because help and completion do not need it.
    const { Client } = await import("../../api/client.ts");
    const { user, clock } = this.io;
    return new Client({ baseUrl: url, token: token ?? undefined, user, fetch: this.#fetch, clock });
  }

  readonly #fetch = async (url: string, init: RequestInit): Promise<Response> => {
    // localhost may resolve to ::1 first, but the master listens on 127.0.0.1.
    const address = url.replace(/^http:\/\/localhost(?=[:/])/, "http://127.0.0.1");
    const verbose = this.flags.has("verbose");
    const start = this.io.clock.now();
    if (verbose) await this.err(`> ${init.method ?? "GET"} ${shownUrl(url)}\n`);
    const response = await this.io.fetch(address, init);
    const end = this.io.clock.now();
    const off = clockOffset(response.headers.get("date"), start, end);
    this.#masterAheadMs = off !== null && Math.abs(off.offMs) > off.uncertainMs ? off.offMs : 0;
    if (verbose) await this.say(`< ${response.status} ${response.statusText} after ${end - start} ms`);
    return response;
  };

  async #reach<T>(signal: AbortSignal | undefined, call: () => Promise<T>): Promise<T> {
    try {
      return await call();
    } catch (error) {
      if (signal?.aborted || (error as Error).name !== "UnreachableError") throw error;
      throw unreachable(error as UnreachableError, await this.target());
    }
  }
}

/** What has names, and what to type for it. */
const otherKinds = [
  {
    code: "service-not-found",
    operation: "getService",
    hint: (id: string) => `${id} is a service: podling service ps ${id} lists its replicas, podling service logs ${id}`,
  },
  {
    code: "node-not-found",
    operation: "getNode",
    hint: (id: string) =>
      `${id} is a node: podling node inspect ${id} shows it, podling ps --filter node=${id} lists its tasks`,
  },
  { code: "task-not-found", operation: "getTask", hint: (id: string) => `${id} is a task: podling inspect ${id}` },
  {
    code: "job-not-found",
    operation: "getJob",
    hint: (id: string) => `${id} is a job: podling job inspect ${id} shows it, podling job logs ${id} its output`,
  },
  {
    code: "schedule-not-found",
    operation: "getSchedule",
    hint: (id: string) => `${id} is a schedule: podling job inspect ${id}, podling job ls --schedule ${id}`,
  },
] as const;

function unreachable({ message, kind }: UnreachableError, { url, source }: Target): UnreachableFailure {
  if (kind === "no-tls")
    return new UnreachableFailure(message, `Try --master ${shownUrl(url).replace(/^https/, "http")}`);
  if (kind === "broke-off") return new UnreachableFailure(message, "The master may be restarting. Try again");
  if (source === null) return new UnreachableFailure(message, "Is the master running? Start one with podling up");
  return new UnreachableFailure(message, `Is the master running there? The address is from ${source}`);
}

/** The master did not answer. */
export class UnreachableFailure extends Failure {
  override name = "UnreachableFailure";
}
