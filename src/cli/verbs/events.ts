// podling events: every change of the cluster, as it happens.

import type { WatchEvent } from "../../api/operations.ts";
import { delay } from "../../lib/clock.ts";
import { readEvents } from "../../lib/sse.ts";
import type { Context } from "../context.ts";
import { Failure, RefusedError } from "../failure.ts";
import { jsonLine } from "../render/json.ts";
import { nodeStatus } from "../render/nodes.ts";
import { oneLine } from "../render/style.ts";
import { statusText } from "../render/tasks.ts";
import { clockTime } from "../render/time.ts";
import type { Verb } from "../verb.ts";

/** A master that restarts is away for a moment: it is asked again this often, once a second. */
const attempts = 30;
const retryMs = 1_000;

export const events: Verb = {
  name: "events",
  summary: "Show all changes as they happen, until Ctrl-C",
  usage: "[flags]",
  description: [
    "When the connection is cut it goes on after the last revision that it saw. With -o json it prints one object a line.",
  ],
  flags: [{ long: "since", value: "REVISION", description: "begin after this revision; left out: now" }],
  outputs: ["table", "json"],
  examples: [["podling events -o json --since 0", "all that is still kept, for a program"]],
  async run(context) {
    let since = context.flags.integer("since", 0, Number.MAX_SAFE_INTEGER);
    for (let failed = 0; ; failed++) {
      try {
        for await (const { id, event, data } of read(context, since)) {
          failed = 0;
          if (event === "change") await print(context, JSON.parse(data) as WatchEvent);
          if (/^\d+$/.test(id)) since = Number(id);
        }
      } catch (error) {
        const passing = !(error instanceof RefusedError) && (error as Error).name !== "BrokenPipeError";
        // Before anything was seen, there is nothing to go on with.
        if (!passing || since === undefined || failed >= attempts) throw error;
        if (failed === 0 && !(error instanceof Failure))
          await context.err("cut off; going on when the master answers\n");
      }
      await delay(context.io.clock, retryMs);
    }
  },
};

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
