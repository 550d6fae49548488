// What --near says of a service that is not there: the task or the replicas would wait, and a script would not see why.

import type { Context } from "../../command/context.ts";

export async function warnOfNoNeighbour(context: Context): Promise<void> {
  for (const name of context.flags.texts("near")) {
    const service = await context.try("getService", { id: name });
    if (service.ok || service.refusal.code !== "service-not-found") continue;
    await context.say(`warning: there is no service ${name}: with --near ${name}, no node fits until it has a replica`);
  }
}
