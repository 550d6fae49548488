// podling events: every change of the cluster, as it happens.

import type { WatchEvent } from "../../../api/views/stream-events.ts";
import { delay } from "../../../lib/clock.ts";
import { readEvents } from "../../../lib/sse.ts";
import type { Command } from "../../command/command.ts";
import type { Context } from "../../command/context.ts";
import { RefusedError } from "../../command/failure.ts";
import { BrokenPipeError } from "../../command/io.ts";
import { jsonLine } from "../../render/json.ts";
import { nodeStatus } from "../../render/nodes.ts";
import { oneLine } from "../../render/style.ts";
import { statusText } from "../../render/tasks.ts";
import { clockTime } from "../../render/time.ts";

/** A master that restarts is away for a moment: it is asked again this often, once a second. */
const attempts = 30;
const retryMs = 1_000;

export const events: Command = {
  name: "events",
  summary: "Show all changes as they happen, until Ctrl-C",
  usage: "[flags]",
  description: [
    "When the connection is cut it goes on after the last revision that it saw, and says so where changes were missed. With -o json it prints one object a line.",
  ],
  flags: [{ long: "since", value: "REVISION", description: "begin after this revision; left out: now" }],
  outputs: ["table", "json"],
  examples: [["podling events -o json --since 0", "all that is still kept, for a program"]],
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
        await tellCut(context, failed);
      } catch (error) {
        // Before anything was seen, there is nothing to go on with.
        if (!begun || failed >= attempts || !canPass(error)) throw error;
        if (error instanceof RefusedError) {
          await context.say(`some changes were missed: ${error.message}`);
          since = undefined;
        } else await tellCut(context, failed);
      }
      await delay(context.io.clock, retryMs);
    }
  },
};

/** Once, however long it lasts. */
async function tellCut(context: Context, failed: number): Promise<void> {
  if (failed === 0) await context.err("cut off; going on when the master answers\n");
}

/** The master is away, or was away for longer than it remembers. */
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
  await context.out(`${when} ${oneLine(sentence(event))}\n`);
}

function sentence(event: WatchEvent): string {
  switch (event.type) {
    case "task.created":
    case "task.updated": {
      const { name, taskId, reason } = event.task;
      return `task ${name} (${taskId}) ${statusText(event.task)}: ${reason.message}`;
    }
    case "task.removed":
      return `task ${event.name} (${event.taskId}) removed`;
    case "node.registered":
      return `node ${event.node.hostname} (${event.node.nodeId}) registered, ${nodeStatus(event.node)}`;
    case "node.updated":
      return `node ${event.node.hostname} (${event.node.nodeId}) ${nodeStatus(event.node)}`;
    case "node.removed":
      return `node ${event.hostname} (${event.nodeId}) removed`;
  }
}
