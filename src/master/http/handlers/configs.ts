// The handlers of configs.

import type { configOperations } from "../../../api/operations/configs.ts";
import type { HandlersOf } from "../../../api/server/call.ts";
import type { ClusterState } from "../../../core/state/cluster-state.ts";
import { findContent } from "../../../core/state/lookup.ts";
import { ok } from "../../../lib/result.ts";
import {
  type Config,
  type ConfigView,
  configId,
  type Encoding,
  encodedOf,
  viewConfig,
} from "../../../model/config/config.ts";
import type { Origin } from "../../../model/origin.ts";
import { type Outcome, refuse } from "../../../model/refusal.ts";
import { contentOf } from "./contents.ts";
import type { DurableReads, HandlerContext } from "./context.ts";

interface Body {
  data: string;
  encoding?: Encoding | undefined;
  labels?: Readonly<Record<string, string>> | undefined;
}

export function configHandlers(
  { state, loop }: HandlerContext,
  reads: DurableReads,
): HandlersOf<typeof configOperations> {
  const put = async (name: string, body: Body, origin: Origin, mustBeNew: boolean): Promise<Outcome<ConfigView>> => {
    const { data, encoding = "utf8", labels } = body;
    const bytes = contentOf({ data, encoding });
    if (!bytes.ok) return bytes;
    const command = { type: "putConfig", name, ...encodedOf(bytes.value), labels, by: origin.name, mustBeNew } as const;
    const outcome = await loop.submit(command, origin);
    if (!outcome.ok) return outcome;
    const found = (await reads.durable()).tables.config.get(outcome.value.contentId!);
    return found ? ok(viewConfig(found)) : findContent(state, "config", name); // removed in the meantime
  };
  return {
    createConfig: ({ body, origin }) => put(body.name, body, origin, true),
    updateConfig: ({ body, origin, parameters }) => put(parameters.id, body, origin, false),
    listConfigs: async () => {
      const current = await reads.durable();
      const names = [...current.contentNames("config")].sort();
      return ok(names.map((name) => viewConfig(newest(current, name))));
    },
    getConfig: async ({ parameters: { id }, query }) => {
      const current = await reads.durable();
      const found = findContent(current, "config", id);
      if (!found.ok || query.version === undefined) return found;
      const one = current.tables.config.get(configId({ name: id, version: query.version }));
      return one ? ok(one) : noVersion(current, id, query.version);
    },
    listConfigVersions: async ({ parameters: { id } }) => {
      const current = await reads.durable();
      const found = findContent(current, "config", id);
      if (!found.ok) return found;
      return ok(current.versionsOf("config", id).map((version) => viewConfig(recordOf(current, id, version))));
    },
    deleteConfig: async ({ parameters, origin }) => {
      const removed = await loop.submit({ type: "removeContent", kind: "config", name: parameters.id }, origin);
      return removed.ok ? ok(null) : removed;
    },
  };
}

function newest(state: ClusterState, name: string): Config {
  return recordOf(state, name, state.versionsOf("config", name).at(-1)!);
}

function recordOf(state: ClusterState, name: string, version: number): Config {
  return state.record("config", configId({ name, version }));
}

function noVersion(state: ClusterState, name: string, version: number): Outcome<never> {
  const versions = state.versionsOf("config", name);
  return refuse("config-not-found", `the config ${name} has no version ${version}`, {
    hint: `Its versions: ${versions.join(", ")}.`,
    details: { name, versions },
  });
}
