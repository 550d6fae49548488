// The input for a volume that is created before a task mounts it, and for a change of one.

import { z } from "zod";
import { freeText, labels, text } from "../fields.ts";
import { volumeNamePattern } from "./volume.ts";

const writers = z.union([z.literal(1), z.literal("many")], { error: '1 or "many"' });

export const volumeName = text(volumeNamePattern, 255, "a volume name of letters, digits, '_', '.' and '-'");

export const volumeInput = z
  .strictObject({
    name: volumeName.describe("Unique in the cluster. Tasks mount the volume by it."),
    writers: writers.optional().describe("How many tasks may write to it at a time. Default: 1."),
    labels: labels.optional().describe("For the user. Default: none."),
    node: freeText(253, "a node")
      .optional()
      .describe(
        "The node that has its data already: its id, a unique prefix of one, or its name. Default: the node of the first task.",
      ),
  })
  .meta({
    description: "A volume. Only the name is required.",
    examples: [{ name: "pgdata", writers: 1, labels: { app: "shop" }, node: "n3" }],
  });

export const volumeUpdate = z
  .strictObject({
    writers: writers.optional().describe("How many tasks may write to it at a time."),
    labels: labels.optional().describe("All labels; those that are left out are removed."),
  })
  .meta({ description: "What changes of a volume. Both may be left out.", examples: [{ writers: "many" }] });
