// What commands on apps have in common: the apps that they take, the question before a change, and the flags of a wait.

import type { MemberChange } from "../../../model/app/app.ts";
import type { Arguments } from "../../command/command.ts";
import type { Context } from "../../command/context.ts";
import { exitCodes } from "../../command/exit-codes.ts";
import { UsageError } from "../../command/failure.ts";
import type { Flag } from "../../command/flag.ts";
import { watchApp } from "./watch-app.ts";

export const oneApp: Arguments = { name: "APP", min: 1, max: 1, completes: "apps" };

export const yes: Flag = { long: "yes", short: "y", description: "do not ask" };

export const waitFlags: readonly Flag[] = [
  { long: "detach", short: "d", description: "do not wait until the services are ready" },
  { long: "timeout", value: "TIME", description: "wait at most this long; then the exit code is 2", default: "15m" },
];

/** Asks on a terminal; without one, -y is needed. `why`: what is read in the place of the answer. */
export async function isAgreed(context: Context, question: string, why = "not a terminal"): Promise<boolean> {
  if (context.flags.has("yes")) return true;
  const { io, commandName } = context;
  if (!io.stdinIsTty || why !== "not a terminal")
    throw new UsageError(`${why}, so nothing was changed`, `Confirm with podling ${commandName} -y`);
  await context.err(`${question} [y/N] `);
  if (/^y(es)?$/i.test(((await io.readLine()) ?? "").trim())) return true;
  await context.err("nothing was changed\n");
  return false;
}

/** Waits as the flags say, and prints the app. */
export async function finish(
  context: Context,
  name: string,
  timeoutMs: number,
  changes: readonly MemberChange[],
): Promise<number> {
  const code = context.flags.has("detach") ? exitCodes.done : await watchApp(context, name, timeoutMs, changes);
  if (context.output() === "json") await context.outJson(await context.call("getApp", { id: name }));
  else await context.out(`${name}\n`);
  return code;
}
