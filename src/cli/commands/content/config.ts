// podling config: files that the master keeps in versions, and that containers get.

import { contentGroup } from "./content-commands.ts";

export const config = contentGroup({
  noun: "config",
  summary: "Keep files for containers in versions, and roll changes out",
  createDescription: [
    "A container gets it with --config NAME:/PATH of podling run and podling service create. A config is not secret: every client that may read the cluster sees it.",
  ],
  inspectDescription: [],
  exampleName: "app.env",
  exampleFile: "./app.env",
  rawFlag: { long: "raw", description: "only the content, as it was given" },
  create: (context, body) => context.call("createConfig", { body }),
  update: (context, id, body) => context.call("updateConfig", { id, body }),
  list: (context) => context.call("listConfigs"),
  get: (context, id, version) =>
    context.call("getConfig", { id, query: version === undefined ? {} : { version: String(version) } }),
  versions: (context, id) => context.call("listConfigVersions", { id }),
  remove: (context, id) => context.call("deleteConfig", { id }),
});
