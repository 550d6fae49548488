// The answers about volumes in openapi.json, beside `Volume` itself, which record-schemas.ts describes.

import { described, type Json, listOf, record, text } from "./json-schemas.ts";

export const volumeSchemas: Record<string, Json> = {
  VolumeList: described(listOf({ $ref: "#/components/schemas/Volume" }), "Volumes, by name."),
  VolumeRemoval: described(
    record({
      removed: described({ type: "boolean" }, "True when its data was removed from its node."),
      message: described(text, "What was done with the data, as a sentence."),
    }),
    "What became of the data of a volume whose record is removed.",
  ),
};
