// How commands that change a service end: they wait until its replicas serve, and print its id.

import type { ServiceView } from "../../../model/service/view.ts";
import type { Context } from "../../command/context.ts";
import { exitCodes } from "../../command/exit-codes.ts";
import type { Flag } from "../../command/flag.ts";
import { watchRollout } from "./watch-rollout.ts";

export const waitFlags: readonly Flag[] = [
  { long: "detach", short: "d", description: "do not wait until the replicas serve" },
  { long: "timeout", value: "TIME", description: "wait at most this long; then the exit code is 2", default: "15m" },
];

/** Sends the request, waits as the flags say, and prints the id of the service. Nothing is sent if a flag is wrong. */
export async function finish(context: Context, request: () => Promise<ServiceView>): Promise<number> {
  const { flags } = context;
  const timeoutMs = flags.durationMs("timeout")!;
  const service = await request();
  const code = flags.has("detach") ? exitCodes.done : await watchRollout(context, service, timeoutMs);
  if (context.output() === "json") await context.outJson(await context.call("getService", { id: service.serviceId }));
  else await context.out(`${context.output() === "name" ? service.name : service.serviceId}\n`);
  return code;
}
