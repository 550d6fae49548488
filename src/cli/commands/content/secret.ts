// podling secret: contents that are sealed, and that only containers get.

import { contentGroup } from "./content-commands.ts";

export const secret = contentGroup({
  noun: "secret",
  summary: "Keep passwords and keys for containers sealed, in versions",
  createDescription: [
    "A container gets it with --secret NAME of podling run and podling service create. It is sealed before it is recorded: no command and no answer of the master shows it again. Keep a copy of the file of the key (podling doctor names it).",
  ],
  inspectDescription: ["The content is not shown."],
  exampleName: "db-password",
  exampleFile: "./db-password",
  rawFlag: null,
  create: (context, body) => context.call("createSecret", { body }),
  update: (context, id, body) => context.call("updateSecret", { id, body }),
  list: (context) => context.call("listSecrets"),
  get: (context, id, version) =>
    context.call("getSecret", { id, query: version === undefined ? {} : { version: String(version) } }),
  versions: (context, id) => context.call("listSecretVersions", { id }),
  remove: (context, id) => context.call("deleteSecret", { id }),
});
