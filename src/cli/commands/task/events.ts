// podling events: the changes of the cluster as they happen.

import type { ChangeOrigin, WatchEvent } from "../../../api/views/stream-events.ts";
import { delay } from "../../../lib/clock.ts";
import { readEvents } from "../../../lib/sse.ts";
import { unnamedUser } from "../../../model/origin.ts";
import type { Command } from "../../command/command.ts";
import type { Context } from "../../command/context.ts";
import { RefusedError } from "../../command/failure.ts";
import { BrokenPipeError } from "../../command/io.ts";
import { jsonLine } from "../../render/json.ts";
import { nodeStatus } from "../../render/nodes.ts";
import { oneLine } from "../../render/style.ts";
import { statusText } from "../../render/tasks.ts";
import { clockTime } from "../../render/time.ts";
import { wrapAfter } from "../../render/wrap.ts";

/** Attempts to reconnect, one a second: enough for a restart of the master. */
const attempts = 30;
const retryMs = 1_000;

export const events: Command = {
  name: "events",
  summary: "Show the changes of the cluster as they happen",
  usage: "[flags]",
  description: [
    "Runs until Ctrl-C. Each line has the revision of the change (r67). After a lost connection it continues after the last revision, and reports if changes were missed. With -o json it prints one object per line.",
    "In parentheses is who asked for the change: a user, a worker, or the master itself. A name in quotes is what the client declares (Podling-User) and is not verified; anonymous means that it declares none. Without parentheses, the master does not know who asked.",
  ],
  flags: [
    { long: "since", value: "REVISION", description: "start after this revision; by default with the next change" },
  ],
  outputs: ["table", "json"],
  examples: [["podling events -o json --since 0", "all changes that the master still has, for a program"]],
  async run(context) {
    let since = context.flags.integer("since", 0, Number.MAX_SAFE_INTEGER);
    let begun = false;
    for (let failed = 0; ; failed++) {
      try {
        for await (const { id, event, data } of read(context, since)) {
          begun = true;
          failed = 0;
          if (event === "change") await print(context, JSON.parse(data) as WatchEvent);
          if (/^\d+$/.test(id)) since = Number(id);
        }
        await reportCut(context, failed);
      } catch (error) {
        // Without a first event, there is no revision to continue from.
        if (!begun || failed >= attempts || !canPass(error)) throw error;
        if (error instanceof RefusedError) {
          await context.say(`changes were missed: ${error.message}`);
          since = undefined;
        } else await reportCut(context, failed);
      }
      await delay(context.io.clock, retryMs);
    }
  },
};

/** Printed once for each loss of the connection. */
async function reportCut(context: Context, failed: number): Promise<void> {
  if (failed === 0) await context.err("lost the connection to the master; reconnecting\n");
}

/** True when reconnecting can help, or when the history of the master no longer reaches back. */
function canPass(error: unknown): boolean {
  if (error instanceof BrokenPipeError) return false;
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
