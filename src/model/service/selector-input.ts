// The input for a service that owns no replicas: its endpoints are tasks with the labels of `selector`. The form is that of
// Podling's first edition.

import { z } from "zod";
import { choice, freeText, integer, labels, list, name } from "../fields.ts";
import { limits } from "../limits.ts";
import { type Outcome, refuse } from "../refusal.ts";
import { port as taskPort } from "../task/task-input.ts";

const portNumber = integer(1, 65_535);

const port = z.strictObject(
  {
    name: taskPort.shape.name,
    port: portNumber.describe("The port of the service, as its clients name it."),
    targetPort: portNumber.optional().describe("The port in the container. Default: that of the service."),
    protocol: taskPort.shape.protocol,
  },
  { error: "a port of the service: an object with at least port" },
);

export const selectorInput = z
  .strictObject({
    name: name.describe("Unique among services, whatever their namespace."),
    namespace: name
      .optional()
      .describe("Only tasks of this namespace are selected, which is their label podling.namespace. Default: default."),
    selector: labels
      .refine((value) => Object.keys(value).length > 0, { error: "at least one label: it would select every task" })
      .describe("Labels that a task must have, all of them, to be an endpoint."),
    ports: list(port, limits.portCount)
      .optional()
      .describe("The ports of the endpoints. Left out or empty: every port that a task publishes."),
    type: choice(["ClusterIP", "NodePort", "LoadBalancer"])
      .optional()
      .describe("Only ClusterIP, which is the default: other types need a balancer, which Podling does not have yet."),
    sessionAffinity: choice(["None", "ClientIP"])
      .optional()
      .describe("Only None, which is the default: clients choose an endpoint by themselves."),
    clusterIp: freeText(64, "an address, or None")
      .nullable()
      .optional()
      .describe("Only null, an empty text or None: a service has no address of its own yet."),
    labels: labels.optional().describe("Labels of the service itself."),
    annotations: labels.optional().describe("What is noted with the service."),
  })
  .meta({
    title: "SelectorServiceInput",
    description: "A service without replicas of its own: its endpoints are tasks with these labels.",
    examples: [{ name: "web", selector: { app: "web" }, ports: [{ port: 80, targetPort: 8080 }] }],
  });

/** Validated and normalised; what was left out is still left out. */
export type ParsedSelectorInput = z.output<typeof selectorInput>;
/** As a client sends it. */
export type SelectorServiceBody = z.input<typeof selectorInput>;

const endpointsHint = "Clients connect to the endpoints: podling service endpoints NAME lists them.";

/** Refuses what needs names and traffic of services, and ports that no client could tell apart. */
export function checkSelectorInput(input: ParsedSelectorInput): Outcome<never> | null {
  const { type = "ClusterIP", sessionAffinity = "None", clusterIp, ports = [] } = input;
  const refused = (field: string, message: string, hint: string) =>
    refuse("unprocessable", `${field}: ${message}`, { hint, details: { field } });
  if (type !== "ClusterIP")
    return refused("type", `${type} needs a balancer, and services have none yet`, `Leave type out. ${endpointsHint}`);
  if (sessionAffinity !== "None") {
    const message = `${sessionAffinity} needs a balancer that knows its clients, and services have none yet`;
    return refused("sessionAffinity", message, `Leave sessionAffinity out. ${endpointsHint}`);
  }
  if (clusterIp && clusterIp.toLowerCase() !== "none")
    return refused("clusterIp", "services have no address of their own yet", `Leave clusterIp out. ${endpointsHint}`);
  for (const [index, one] of ports.entries()) {
    const earlier = ports.slice(0, index);
    if (earlier.some(({ port: number, protocol }) => number === one.port && protocol === one.protocol))
      return refused(`ports[${index}]`, `${one.port}/${one.protocol} is there twice`, "Give each its own port.");
    if (one.name !== undefined && earlier.some((other) => other.name === one.name))
      return refused(`ports[${index}].name`, `${one.name} is there twice`, "Give each its own name.");
  }
  return null;
}
