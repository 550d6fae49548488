// An endpoint: where clients reach one replica of a service, or one task that it selects. It follows from the records of the task and its node, and is
// never in the log.

import type { z } from "zod";
import { compareTexts } from "../../lib/compare-texts.ts";
import { isAnyAddress, nodeAddress } from "../../lib/ip-address.ts";
import type { DeepReadonly } from "../../lib/readonly.ts";
import type { NodeId, ServiceId, TaskId } from "../ids.ts";
import type { NodeRecord } from "../node/node.ts";
import type { ContainerSpec, PublishedPort } from "../task/spec.ts";
import { serves, type Task } from "../task/task.ts";
import type { Service } from "./service.ts";
import type * as schema from "./view-schema.ts";

export interface Endpoint extends DeepReadonly<z.output<typeof schema.endpoint>> {
  readonly taskId: TaskId;
  readonly nodeId: NodeId;
}
type EndpointPort = Endpoint["ports"][number];

export interface EndpointList extends Omit<DeepReadonly<z.output<typeof schema.endpointList>>, "endpoints"> {
  readonly serviceId: ServiceId;
  readonly endpoints: readonly Endpoint[];
}

/** Ports of a service with a selector. */
type ServicePorts = NonNullable<Service["ports"]>;

/**
 * Null if the task serves no traffic: it does not run, is not ready, or is being stopped. `wanted`: only these ports of the
 * task, by the names that they have in the service.
 */
export function endpointOf(
  task: Task,
  node: Pick<NodeRecord, "nodeId" | "hostname" | "address">,
  wanted?: ServicePorts,
): Endpoint | null {
  const { taskId, name, owner, desired, observed, spec } = task;
  if (desired === "stopped" || !serves(task)) return null;
  const { nodeId, hostname, address } = node;
  const all = observed.containers.flatMap((container) => {
    const { ports: asked = [] } = spec.containers.find((one) => one.name === container.name) ?? {};
    return container.publishedPorts.map((port) => portOf(port, asked, address));
  });
  return {
    ...{ taskId, name, slot: owner?.slot ?? "", revision: owner?.revision ?? 0, nodeId, hostname, address },
    ports: withoutRepetitions(wanted ? wanted.flatMap((one) => portsFor(one, all)) : all),
    draining: desired === "draining",
  };
}

function portOf(published: PublishedPort, asked: ContainerSpec["ports"], address: string): EndpointPort {
  const { hostIp, hostPort, containerPort, protocol } = published;
  const spec = asked.find((port) => port.containerPort === containerPort && port.protocol === protocol);
  const isOfNode = isAnyAddress(hostIp) || spec?.hostIp === nodeAddress;
  const name = spec?.name === undefined ? {} : { name: spec.name };
  return { ...name, address: isOfNode ? address : hostIp, hostPort, containerPort, protocol };
}

/** Those of the task that the port of the service stands for: one for each address on which it is published. */
function portsFor({ name, port, targetPort, protocol }: ServicePorts[number], all: readonly EndpointPort[]) {
  const found = all.filter((one) => one.containerPort === targetPort && one.protocol === protocol);
  return found.map(({ name: _, ...one }): EndpointPort => ({ ...(name === undefined ? {} : { name }), port, ...one }));
}

/** An engine lists a port of all addresses once for IPv4 and once for IPv6. */
function withoutRepetitions(ports: readonly EndpointPort[]): EndpointPort[] {
  return [...new Map(ports.map((port) => [JSON.stringify(port), port])).values()];
}

/** By slot, then by name and id. */
export function bySlot(left: Endpoint, right: Endpoint): number {
  return (
    Number(left.slot) - Number(right.slot) ||
    compareTexts(left.slot, right.slot) ||
    compareTexts(left.name, right.name) ||
    compareTexts(left.taskId, right.taskId)
  );
}
