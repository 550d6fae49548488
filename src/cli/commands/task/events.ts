// podling events: the changes of the cluster as they happen.

import type { ChangeOrigin, WatchEvent } from "../../../api/views/stream-events.ts";
import { delay, fromTimestamp } from "../../../lib/clock.ts";
import { readEvents } from "../../../lib/sse.ts";
import { unnamedUser } from "../../../model/origin.ts";
import { parseDuration } from "../../../model/quantity.ts";
import type { Command } from "../../command/command.ts";
import type { Context } from "../../command/context.ts";
import { OutputFailure, RefusedError, UsageError } from "../../command/failure.ts";
import { BrokenPipeError } from "../../command/io.ts";
import { reconnectAttempts, reconnectMs, sayReconnecting } from "../../command/reconnect.ts";
import { jsonLine } from "../../render/json.ts";
import { nodeStatus } from "../../render/nodes.ts";
import { oneLine } from "../../render/style.ts";
import { statusText } from "../../render/tasks.ts";
import { clockTime } from "../../render/time.ts";
import { wrapAfter } from "../../render/wrap.ts";
import { sinceText } from "./since.ts";

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
        "start with changes after this time: 10m, 2025-01-19T12:34:56 in your time zone, or a revision such as 67; by default with the next change",
    },
  ],
  refused: { "-f": "it follows by itself; leave -f out", "--follow": "it follows by itself; leave --follow out" },
  outputs: ["table", "json"],
  examples: [
    ["podling events --since 1h", "the changes of the last hour, and those to come"],
    ["podling events -o json --since 0", "all changes that the master still has, for a program"],
  ],
  async run(context) {
    const from = startOf(context);
    let since = from.revision;
    let begun = false;
    for (let failed = 0; ; failed++) {
      try {
        for await (const { id, event, data } of read(context, since)) {
          begun = true;
          failed = 0;
          if (event === "change") {
            const change = JSON.parse(data) as WatchEvent;
            if (!(fromTimestamp(change.at) < from.time(context))) await print(context, change);
          }
          if (/^\d+$/.test(id)) since = Number(id);
        }
        await reportCut(context, failed);
      } catch (error) {
        const oldest = begun ? undefined : oldestRevision(error);
        if (oldest !== undefined && from.isTime) {
          since = oldest;
          continue;
        }
        // Without a first event, there is no revision to continue from.
        if (!begun || failed >= reconnectAttempts || !canPass(error)) throw error;
        if (error instanceof RefusedError) {
          await context.say(`changes were missed: ${error.message}`);
          since = undefined;
        } else await reportCut(context, failed);
      }
      await delay(context.io.clock, reconnectMs);
    }
  },
};

interface Start {
  /** Undefined: with the next change. */
  revision: number | undefined;
  /** True when it was given as a time: the master is asked for all that it has. */
  isTime: boolean;
  /** Changes before this time, in ms by the master's clock, are left out. */
  time(context: Context): number;
}

function startOf({ flags }: Context): Start {
  const text = flags.text("since");
  const always = () => Number.NEGATIVE_INFINITY;
  if (text === undefined) return { revision: undefined, isTime: false, time: always };
  if (/^\d{1,16}$/.test(text)) return { revision: Number(text), isTime: false, time: always };
  const duration = parseDuration(text);
  if (duration === undefined && Number.isNaN(Date.parse(sinceText(text)!)))
    throw new UsageError(
      `--since: expected a time or a revision; got ${JSON.stringify(text)}`,
      "Write 10m, 2025-01-19T12:34:56 or 67.",
    );
  if (duration === undefined) return { revision: 0, isTime: true, time: () => Date.parse(sinceText(text)!) };
  let begun: number | undefined;
  const time = (context: Context) => {
    begun ??= context.masterNow();
    return begun - duration;
  };
  return { revision: 0, isTime: true, time };
}

/** The oldest revision that the master still has, from its refusal of an older one. */
function oldestRevision(error: unknown): number | undefined {
  if (!(error instanceof RefusedError) || error.refusal.code !== "revision-too-old") return undefined;
  const { oldest } = error.refusal.details ?? {};
  return typeof oldest === "number" ? oldest : undefined;
}

/** Printed once for each loss of the connection. */
async function reportCut(context: Context, failed: number): Promise<void> {
  if (failed === 0) await sayReconnecting(context);
}

/** True when reconnecting can help, or when the history of the master no longer reaches back. */
function canPass(error: unknown): boolean {
  if (error instanceof BrokenPipeError || error instanceof OutputFailure) return false;
  return !(error instanceof RefusedError) || error.refusal.code === "revision-too-old";
}

async function* read(context: Context, since: number | undefined) {
  const response = await context.fetch("watch", { query: { since } });
  yield* readEvents(response.body!);
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
