// podling service history and diff: what a service was to be, and what each revision changed.

import { diffLines } from "../../../lib/diff-lines.ts";
import type { Command } from "../../command/command.ts";
import { exitCodes } from "../../command/exit-codes.ts";
import { Failure } from "../../command/failure.ts";
import { prettyJson } from "../../render/json.ts";
import { revisionColumns } from "../../render/services.ts";
import { oneService } from "./arguments.ts";

export const history: Command = {
  name: "service history",
  summary: "List the revisions of a service",
  usage: "SERVICE [flags]",
  arguments: oneService,
  flags: [],
  outputs: ["table", "json"],
  examples: [["podling service history web", "who changed what, and when"]],
  async run(context) {
    const [id] = context.words;
    const service = await context.call("getService", { id: id! });
    const revisions = await context.call("listRevisions", { id: id! });
    if (context.output() === "json") await context.outJson(revisions);
    else await context.outTable(revisionColumns(context.masterNow(), service), revisions);
    if (service.mode.type === "selector")
      await context.say(`${service.name} selects tasks: it has no replicas of its own, and so no revisions`);
    return exitCodes.done;
  },
};

/** Enough to see which container and which list a changed line is in. */
const linesAround = 3;

export const diff: Command = {
  name: "service diff",
  summary: "Show what differs between two revisions of a service",
  usage: "SERVICE N M",
  arguments: { name: "SERVICE, N and M", min: 3, max: 3, completes: "services" },
  flags: [],
  examples: [["podling service diff web 2 3", "what revision 3 changed"]],
  async run(context) {
    const [id, ...numbers] = context.words;
    const revisions = await context.call("listRevisions", { id: id! });
    const [before, after] = numbers.map((text) => {
      const found = revisions.find(({ number }) => String(number) === text);
      if (found) return prettyJson(found.spec).split("\n");
      throw new Failure(`${id} has no revision ${text}`, `Its revisions: podling service history ${id}`);
    });
    const lines = diffLines(before!, after!, linesAround);
    await context.out(lines.map(({ sign, text }) => (sign === "@" ? "...\n" : `${sign} ${text}\n`)).join(""));
    return exitCodes.done;
  },
};
