// The schemas of what leaves the master of a service and of its revisions.

import { z } from "zod";
import { packedSpec, publishedPort } from "../task/schema.ts";
import { service } from "./schema.ts";

const count = z.int().min(0);

/** What the master adds to the record. */
export const serviceUse = z.object({
  replicas: z
    .object({
      wanted: count.describe("How many there should be. With a selector: how many tasks it selects that are to stay."),
      serving: count.describe("How many run and are ready."),
      updated: count.describe("How many of the serving ones are of the wanted revision."),
      live: count.describe("How many exist and are to stay."),
      done: count.describe(
        "How many slots need no replica any more, because theirs has ended as its restart policy allows.",
      ),
      going: count.describe("How many are being drained or stopped."),
    })
    .describe("Counted when the answer was made."),
  template: packedSpec.describe("That of the wanted revision. Without containers for a service with a selector."),
  type: z.literal("ClusterIP").optional().describe("Only of a service with a selector: no other type is there yet."),
  sessionAffinity: z.literal("None").optional().describe("Only of a service with a selector: there is no other yet."),
  clusterIp: z.null().optional().describe("Only of a service with a selector: it has no address of its own yet."),
});

export const serviceView = service
  .extend(serviceUse.shape)
  .describe(
    "A service: replicas of a task that are kept running under one name, or tasks that are selected by labels.",
  );

const endpointPort = publishedPort.omit({ hostIp: true }).extend({
  name: z.string().optional().describe("The name of the port in the template. Left out if it has none."),
  port: z.int().min(1).optional().describe("The port of the service that it stands for. Only with a selector."),
  address: z.string().describe("Where clients connect to: the address of the node, or the one that was asked for."),
});

export const endpoint = z
  .object({
    taskId: z.string().describe("The replica, or the task that is selected."),
    name: z.string().describe("Its name, such as web.1."),
    slot: z.string().describe("Which of the replicas it is; empty for a task that is no replica."),
    revision: count.describe("The revision that it is made from; 0 for a task that is no replica."),
    nodeId: z.string().describe("The node that it runs on."),
    hostname: z.string().describe("Name of that node."),
    address: z.string().describe("Host name or IP address of that node."),
    ports: z.array(endpointPort).describe("As the engine has published them."),
    draining: z
      .boolean()
      .describe("True when it is stopped soon: open connections go on, and new ones belong to other endpoints."),
  })
  .describe("Where clients reach one replica that is ready.");

export const endpointList = z
  .object({
    serviceId: z.string().describe("The service."),
    name: z.string().describe("Name of the service."),
    revision: count.describe("The revision of the cluster's state that the list is of."),
    endpoints: z.array(endpoint).describe("By slot."),
  })
  .describe("The endpoints of a service: its replicas that are ready, with those that are being drained.");
