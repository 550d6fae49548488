// How a container names the configs that it gets. One schema serves the request and the record: what the master adds to a
// record, a request may repeat without an effect.

import { z } from "zod";
import { absolutePath, choice, integer, name, text } from "../fields.ts";
import { limits } from "../limits.ts";
import { signalForm, signalForms } from "../signal.ts";

export const changeActions = ["restart", "signal", "none"] as const;

const version = integer(1, Number.MAX_SAFE_INTEGER);
const id = integer(0, 4_294_967_294);

export const contentReference = z.strictObject({
  name: name.describe("Name of the content."),
  version: version.optional().describe("Always this version; left out: the newest, and later ones as onChange says."),
  resolved: version
    .optional()
    .describe("The version that the master chose. Left out if it is asked for, or always the newest one."),
  target: absolutePath
    .optional()
    .describe("Path of the file in the container. Left out: /NAME for a config, /run/secrets/NAME for a secret."),
  env: text(/^[a-zA-Z_][a-zA-Z0-9_]*$/, limits.envKeyLength, "a name of letters, digits and '_'")
    .optional()
    .describe("An environment variable that gets the content, in the place of a file."),
  uid: id.optional().describe("Owner of the file; left out: 0."),
  gid: id.optional().describe("Group of the file; left out: 0."),
  mode: integer(0, 0o7777).optional().describe("Permissions of the file, in decimal; left out: 292, which is 0444."),
  onChange: choice(changeActions)
    .optional()
    .describe(
      "What a new version does. restart (the default): a service gets a new revision, which is rolled out; signal: the file is rewritten, and the container gets a signal; none: the next revision uses it.",
    ),
  signal: text(signalForm, 20, signalForms).optional().describe("For onChange signal; left out: SIGHUP."),
});

export type ContentReference = Readonly<z.output<typeof contentReference>>;
