// The input for where a task is best placed: names of labels and services, also in the words of docker.

import { z } from "zod";
import { freeText, integer, labelKeyField, list, name } from "../fields.ts";
import { limits } from "../limits.ts";
import type { PlacementRules } from "./spec.ts";

const maxWeight = 1_000_000;

/** "zone"; docker writes spread=node.labels.zone. */
const spreadLabel = z.preprocess(
  (value) => (typeof value === "string" ? value.replace(/^spread=/, "").replace(/^node\.labels\./, "") : value),
  labelKeyField,
);

const preferred = z.strictObject({
  key: labelKeyField.describe("Key of a label of the node."),
  value: freeText(limits.labelValueLength).describe("The value that is preferred."),
  weight: integer(-maxWeight, maxWeight)
    .default(1)
    .describe("Nodes with the largest sum come first. A negative one: such nodes come last."),
});
const preferExpected = "LABEL=VALUE, LABEL=VALUE:WEIGHT, or the object that these stand for";
const prefer = z.union(
  [
    preferred,
    z.string().transform((text, context): z.output<typeof preferred> => {
      const parsed = preferred.safeParse(parsePreference(text));
      if (parsed.success) return parsed.data;
      context.addIssue({ code: "custom", message: preferExpected });
      return z.NEVER;
    }),
  ],
  { error: preferExpected },
);

/** "disk=ssd", "disk==ssd:5", "node.labels.disk=ssd:-1". */
function parsePreference(text: string): object | null {
  const match = /^(?:node\.labels\.)?([^=]+)==?(.+?)(?::(-?\d{1,7}))?$/.exec(text);
  if (!match) return null;
  const [, key, value, weight] = match;
  return { key, value, ...(weight === undefined ? {} : { weight: Number(weight) }) };
}

const services = list(name, limits.constraintCount);

export const placementInput = z
  .strictObject({
    spread: list(spreadLabel, limits.constraintCount)
      .optional()
      .describe(
        "Labels of nodes: the values of the first one get equally many of these tasks, within each those of the next.",
      ),
    maxPerNode: integer(0, limits.nodeCapacity)
      .optional()
      .describe("Most of these tasks on one node. 0 or left out: no limit."),
    prefer: list(prefer, limits.constraintCount)
      .optional()
      .describe("Labels that a node had better have, such as disk=ssd or disk=ssd:5 with a weight."),
    near: services.optional().describe("Names of services: only on nodes that run a replica of each."),
    apart: services
      .optional()
      .describe("Names of services: never on a node with a replica of one of them, nor they beside it."),
  })
  .transform(({ spread, maxPerNode, prefer, near, apart }): PlacementRules | undefined => {
    const rules: PlacementRules = {
      ...(spread && spread.length > 0 ? { spread } : {}),
      ...(maxPerNode ? { maxPerNode } : {}),
      ...(prefer && prefer.length > 0 ? { prefer } : {}),
      ...(near && near.length > 0 ? { near } : {}),
      ...(apart && apart.length > 0 ? { apart } : {}),
    };
    return Object.keys(rules).length === 0 ? undefined : rules;
  });
