// One handler for each operation of the API: it finds what is meant, submits a command, and answers with what is durable.

import { appHandlers } from "./apps.ts";
import { clusterHandlers } from "./cluster.ts";
import { configHandlers } from "./configs.ts";
import { DurableReads, type HandlerContext, type Handlers } from "./context.ts";
import { jobHandlers } from "./jobs.ts";
import { nodeHandlers } from "./nodes.ts";
import { planHandlers } from "./plans.ts";
import { podHandlers } from "./pods.ts";
import { registryHandlers } from "./registries.ts";
import { scheduleHandlers } from "./schedules.ts";
import { secretHandlers } from "./secrets.ts";
import { serverHandlers } from "./server.ts";
import { serviceHandlers } from "./services.ts";
import { taskHandlers } from "./tasks.ts";
import { volumeHandlers } from "./volumes.ts";

export function createHandlers(context: HandlerContext): Handlers {
  const reads = new DurableReads(context);
  return {
    ...serverHandlers(context),
    ...taskHandlers(context, reads),
    ...serviceHandlers(context, reads),
    ...podHandlers(context, reads),
    ...appHandlers(context, reads),
    ...jobHandlers(context, reads),
    ...volumeHandlers(context, reads),
    ...configHandlers(context, reads),
    ...secretHandlers(context, reads),
    ...scheduleHandlers(context, reads),
    ...registryHandlers(context, reads),
    ...nodeHandlers(context, reads),
    ...clusterHandlers(context, reads),
    ...planHandlers(context, reads),
  };
}
