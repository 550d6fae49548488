// podling events: the changes of the cluster as they happen.

import type { ChangeOrigin, WatchEvent } from "../../../api/views/stream-events.ts";
import { fromTimestamp } from "../../../lib/clock.ts";
import { readEvents } from "../../../lib/sse.ts";
import { unnamedUser } from "../../../model/origin.ts";
import type { Command } from "../../command/command.ts";
import type { Context } from "../../command/context.ts";
import { exitCodes } from "../../command/exit-codes.ts";
import { RefusedError } from "../../command/failure.ts";
import { readAgain, untilCut } from "../../command/reconnect.ts";
import { jsonLine } from "../../render/json.ts";
import { nodeStatus } from "../../render/nodes.ts";
import { oneLine } from "../../render/style.ts";
import { statusText } from "../../render/tasks.ts";
import { clockTime } from "../../render/time.ts";
import { wrapAfter } from "../../render/wrap.ts";
import { isSeconds, readTime, sayIfFuture, type TimeFlag } from "./time-flag.ts";

export const events: Command = {
  name: "events",
  summary: "Show the changes of the cluster as they happen",
  usage: "[flags]",
  description: [
    "Runs until Ctrl-C. Each line has the revision of the change (r67). After a lost connection it continues after the last revision, and reports if changes were missed. With -o json it prints one object per line.",
    "In parentheses is who asked for the change: a user, a worker, or the master itself. A name in quotes is what the client declares (Podling-User) and is not verified; anonymous means that it declares none. Without parentheses, the master does not know who asked.",
  ],
  flags: [
    {
      long: "since",
      value: "TIME",
      description:
        "start with changes after this time: 10m, 2025-01-19T12:34:56 in your time zone (with Z or +02:00 in that one), seconds since 1970, or a revision such as 67 or r67; by default with the next change",
    },
  ],
  refused: {
    "--filter": "write podling events -o json | jq -c 'select(.task.name == \"web\")'",
    "-n": "write --since, such as --since 10m",
    "--tail": "write --since, such as --since 10m",
    "-w": "it follows by itself; leave -w out",
    "--watch": "it follows by itself; leave --watch out",
    "-f": "it follows by itself; leave -f out",
    "--follow": "it follows by itself; leave --follow out",
    "--until": "it runs until Ctrl-C. To end it after two seconds: timeout 2 podling events --since 1h",
  },
  outputs: ["table", "json"],
  examples: [
    ["podling events --since 1h", "the changes of the last hour, and those to come"],
    ["podling events -o json --since 0", "all changes that the master still has, for a program"],
  ],
  async run(context) {
    const from = startOf(context);
    const stream = new ChangeStream(context, from);
    // It ends only with an error, or with Ctrl-C.
    await readAgain(context, (begun) => stream.read(begun));
    return exitCodes.done;
  },
};

/** The changes from a start, over lost connections: each connection resumes after the last revision that was read. */
class ChangeStream {
  readonly #context: Context;
  readonly #from: Start;
  /** Resume after this revision. Undefined: with the next change. */
  #since: number | undefined;
  #hasBegun = false;

  constructor(context: Context, from: Start) {
    this.#context = context;
    this.#from = from;
    this.#since = from.revision;
  }

  /** Reads one connection to its end. Calls `begun` for each event: from then on there is a revision to resume after. */
  async read(begun: () => void): Promise<void> {
    const response = await this.#open();
    for await (const { id, event, data } of untilCut(readEvents(response.body!))) {
      if (!this.#hasBegun) await this.#from.begin(this.#context);
      this.#hasBegun = true;
      begun();
      if (event === "change") {
        const change = JSON.parse(data) as WatchEvent;
        if (!(fromTimestamp(change.at) < this.#from.earliest())) await print(this.#context, change);
      }
      if (/^\d+$/.test(id)) this.#since = Number(id);
    }
  }

  /** Opens the stream where it can: the master may no longer have the changes after that revision. */
  async #open(): Promise<Response> {
    try {
      return await this.#context.fetch("watch", { query: { since: this.#since } });
    } catch (error) {
      const oldest = oldestRevision(error);
      if (oldest === undefined) throw error;
      if (this.#hasBegun) {
        await this.#context.say(`changes were missed: ${(error as RefusedError).message}`);
        this.#since = undefined;
      } else if (this.#from.takesOldest && oldest !== null) this.#since = oldest;
      else throw error;
      return this.#context.fetch("watch", { query: { since: this.#since } });
    }
  }
}

interface Start {
  /** Undefined: with the next change. */
  revision: number | undefined;
  /** True if the start is a time, or all that the master has: then its oldest revision is the one to start with. */
  takesOldest: boolean;
  /** Changes before this time, in ms by the master's clock, are left out. */
  earliest(): number;
  /** Called once, when the master has answered: from then on its clock is known. */
  begin(context: Context): Promise<void>;
}

function startOf({ flags }: Context): Start {
  const text = flags.text("since");
  const always = { earliest: () => Number.NEGATIVE_INFINITY, begin: async () => {} };
  if (text === undefined) return { revision: undefined, takesOldest: false, ...always };
  const revision = /^(r?)(\d{1,15})$/.exec(text);
  if (revision && (revision[1] === "r" || !isSeconds(text)))
    return { revision: Number(revision[2]), takesOldest: Number(revision[2]) === 0, ...always };
  const flag: TimeFlag = { flag: "--since", text, hint: "Write 10m, 2025-01-19T12:34:56 or 67." };
  const time = readTime(flag);
  let earliestMs = Number.NEGATIVE_INFINITY;
  return {
    revision: 0,
    takesOldest: true,
    earliest: () => earliestMs,
    begin: async (context) => {
      earliestMs = "atMs" in time ? time.atMs : context.masterNow() - time.agoMs;
      await sayIfFuture(context, time, flag);
    },
  };
}

/** From the refusal of a revision: the oldest one that the master still has, null if it does not say. Undefined for other errors. */
function oldestRevision(error: unknown): number | null | undefined {
  if (!(error instanceof RefusedError) || error.refusal.code !== "revision-too-old") return undefined;
  const { oldest } = error.refusal.details ?? {};
  return typeof oldest === "number" ? oldest : null;
}

async function print(context: Context, event: WatchEvent): Promise<void> {
  if (context.output() === "json") return context.out(jsonLine(event));
  const style = context.style("stdout");
  const when = style.paint(`${clockTime(event.at)} r${event.revision}`, "dim");
  const by = event.by ? ` ${style.paint(oneLine(`(by ${asker(event.by)})`), "dim")}` : "";
  await context.out(wrapAfter(`${when} `, `${oneLine(sentence(event))}${by}`, context.tableWidth()));
}

/** A user name in quotes is not verified. */
function asker({ kind, name, declared }: ChangeOrigin): string {
  if (kind !== "user") return kind === "node" ? "worker" : "master";
  return declared && name !== unnamedUser ? `"${name}"` : name;
}

function sentence(event: WatchEvent): string {
  if ("task" in event) {
    const { name, taskId, status, reason } = event.task;
    const why = reason.message === status ? "" : `: ${reason.message}`;
    return `task ${name} (${taskId}) ${statusText(event.task)}${why}`;
  }
  if ("node" in event) {
    const { hostname, nodeId } = event.node;
    const registered = event.type.endsWith(".registered") ? "registered, " : "";
    return `node ${hostname} (${nodeId}) ${registered}${nodeStatus(event.node)}`;
  }
  if ("taskId" in event) return `task ${event.name} (${event.taskId}) removed`;
  if ("nodeId" in event) return `node ${event.hostname} (${event.nodeId}) removed`;
  return plainSentence(event);
}

/** Of a kind without words of its own, or one of a newer master that this program does not know: "config app updated". */
function plainSentence(event: { type: string; name?: unknown }): string {
  const [kind = "", operation = ""] = event.type.split(".");
  const record = ((event as Record<string, unknown>)[kind] ?? event) as { name?: unknown };
  return [kind, ...(typeof record.name === "string" ? [record.name] : []), operation].join(" ");
}
