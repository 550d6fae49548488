// The input for a service: a task's template, how many replicas of it, and how a change of it is rolled out.

import { z } from "zod";
import { nodeAddress } from "../../lib/ip-address.ts";
import { isObject } from "../../lib/is-object.ts";
import { ok } from "../../lib/result.ts";
import { dependsOnField } from "../dependency/dependency-input.ts";
import { choice, integer, list, name, publishAddress, timeSpan } from "../fields.ts";
import { forms } from "../forms.ts";
import { limits } from "../limits.ts";
import { expectedOutcome } from "../plan/schema.ts";
import { type Outcome, refuse } from "../refusal.ts";
import { port, taskInput } from "../task/task-input.ts";
import { failureActions, rolloutOrders } from "./schema.ts";
import { selectorInput } from "./selector-input.ts";

const time = timeSpan(0, limits.rolloutMs);
const replicas = integer(0, limits.replicas);

/** What is left out stays as it is; a new service gets the default. */
const rollout = z
  .strictObject({
    parallelism: replicas.describe("Slots that are replaced at a time; 0: all. Default: 1."),
    delayMs: time.describe("The pause between two steps. Default: 0."),
    maxSurge: replicas.describe("Replicas beyond the wanted number while new ones start first. Default: 1."),
    maxUnavailable: replicas.nullable().describe("Replicas that may be missing. Default: 0; 1 with stop-first."),
    order: choice(rolloutOrders).describe(
      "Default: auto, which is start-first where the new replica can run beside the old one.",
    ),
    minReadyMs: time.describe("How long a new replica must run before it replaces an old one. Default: 1 s."),
    monitorMs: time.describe("How long new replicas must stay up. Default: 5 s."),
    deadlineMs: timeSpan(1, limits.rolloutMs).describe("How long a rollout may take. Default: 10 min."),
    maxFailures: replicas.describe("Failed replicas that a rollout tolerates. Default: 0."),
    onFailure: choice(failureActions).describe("Default: rollback."),
    canary: replicas.describe("Slots that get a new revision before it is promoted. Default: 0, none."),
    drainMs: time.describe("Time between the end of new traffic and the stop of a replica. Default: 1 s."),
  })
  .partial();

/** Clients of a service are on other machines, and a fixed port is one of the node that runs the replica. */
const servicePort = port
  .extend({
    hostIp: publishAddress
      .default(nodeAddress)
      .describe("The address of the node on which it is published. Default: `node`, the one that other machines use."),
    mode: choice(["host"])
      .optional()
      .describe("host: the port is one of the node that runs the replica. Set for fixed ports."),
  })
  .transform(({ mode: _, ...given }) => (given.hostPort === null ? given : { ...given, mode: "host" as const }));

/** The tasks of a service are named web.1, web.2, ...: their names must not become too long. */
const nameLength = limits.nameLength - `.${limits.replicas}`.length;

const serviceFields = {
  name: name
    .max(nameLength, { error: `a name of at most ${nameLength} characters, because the names of its tasks are longer` })
    .describe("Unique among services. Its tasks are named NAME.1, NAME.2 and so on."),
  namespace: name.optional().describe("Kept as the label podling.namespace of its tasks."),
  mode: choice(["replicated", "global"])
    .optional()
    .describe(
      "replicated: a number of replicas (the default); global: one on each node that fits, also on nodes that join later.",
    ),
  ports: list(servicePort, limits.portCount)
    .optional()
    .meta({ default: [], description: "Published on the node of each replica." }),
  replicas: replicas.optional().describe("How many are wanted. Default: 1. Not with mode global."),
  rollout: rollout.optional().describe("How a change is rolled out. What is left out stays as it is."),
  dependsOn: dependsOnField,
};

export const templateInput = taskInput.safeExtend(serviceFields).meta({
  title: "TemplateServiceInput",
  description: "A service: replicas of a task. Only name and image are required.",
  examples: [
    { name: "web", image: "nginx:1.27", replicas: 3, ports: [{ containerPort: 80 }], rollout: { parallelism: 2 } },
  ],
});

/** Validated and normalised; what was left out is still left out. */
export type ParsedServiceInput = z.output<typeof templateInput>;

/** As a client sends it. */
export type TemplateServiceBody = z.input<typeof templateInput>;

/** What only a template has, and a service that selects tasks has not. */
const ofTemplate = [
  "image",
  "containers",
  "initContainers",
  "replicas",
  "mode",
  "rollout",
  "dependsOn",
  "expectedOutcome",
] as const;

const about = {
  description:
    "A service: replicas of a task (name and image are required), or a name for tasks that are there (name and selector).",
  examples: [
    { name: "web", image: "nginx:1.27", replicas: 3, ports: [{ containerPort: 80 }], rollout: { parallelism: 2 } },
  ],
};

const putTemplateInput = templateInput.safeExtend({ expectedOutcome }).meta(templateInput.meta()!);

export const serviceInput = forms([putTemplateInput, selectorInput], about, (body) => {
  if (!isObject(body)) return ok(putTemplateInput);
  const given = (field: string) => body[field] !== undefined && body[field] !== null;
  if (given("selector")) {
    const other = ofTemplate.find(given);
    return other === undefined ? ok(selectorInput) : refuseBoth(other);
  }
  if (given("image") || given("containers") || !given("name")) return ok(putTemplateInput);
  const message =
    'field "image": expected an image for replicas, or a selector of tasks in its place; both are missing';
  return refuse("invalid-field", message, {
    hint: "GET /openapi.json describes every field; /docs shows it as a page.",
    details: { field: "image" },
  });
});

function refuseBoth(other: string): Outcome<never> {
  return refuse(
    "unprocessable",
    `selector: a service that selects tasks has no replicas of its own, and so no ${other}`,
    {
      hint: `Leave ${other} out to select tasks that are there, or leave selector out to run replicas.`,
      details: { field: "selector", other },
    },
  );
}
