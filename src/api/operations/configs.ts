// The operations on configs.

import type { ConfigContent, ConfigView } from "../../model/config/config.ts";
import { json, operation } from "./operation.ts";
import { bodyRefusals, writeRefusals } from "./refusals.ts";

export const configOperations = {
  createConfig: operation<ConfigView>()({
    method: "POST",
    path: "/api/v1/configs",
    summary: "Create a config: a file that containers get by its name.",
    access: "write",
    body: "ContentInput",
    status: 201,
    media: json,
    answer: "Config",
    refusals: [...bodyRefusals, "name-taken", ...writeRefusals],
  }),
  listConfigs: operation<ConfigView[]>()({
    method: "GET",
    path: "/api/v1/configs",
    summary: "List the newest version of each config, by name, without the contents.",
    access: "read",
    status: 200,
    media: json,
    answer: "ConfigList",
    refusals: [],
  }),
  getConfig: operation<ConfigContent>()({
    method: "GET",
    path: "/api/v1/configs/{id}",
    summary: "One version of a config, by the name of the config, with its content.",
    access: "read",
    query: "contentVersion",
    status: 200,
    media: json,
    answer: "ConfigContent",
    refusals: ["config-not-found"],
  }),
  updateConfig: operation<ConfigView>()({
    method: "PUT",
    path: "/api/v1/configs/{id}",
    summary:
      "Give a config another content: a new version, which the services that use it roll out. The same content again changes nothing.",
    access: "write",
    body: "ContentUpdate",
    status: 200,
    media: json,
    answer: "Config",
    refusals: ["config-not-found", ...bodyRefusals, ...writeRefusals],
  }),
  listConfigVersions: operation<ConfigView[]>()({
    method: "GET",
    path: "/api/v1/configs/{id}/versions",
    summary: "The versions of a config that are kept, the oldest first, without the contents.",
    access: "read",
    status: 200,
    media: json,
    answer: "ConfigList",
    refusals: ["config-not-found"],
  }),
  deleteConfig: operation<null>()({
    method: "DELETE",
    path: "/api/v1/configs/{id}",
    summary: "Remove a config with all its versions. Refused while a service or an unfinished task uses it.",
    access: "write",
    status: 204,
    media: "none",
    answer: "Any",
    refusals: ["config-not-found", "in-use", ...writeRefusals],
  }),
} as const;
