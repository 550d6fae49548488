// How many replicas there are, on which nodes, and how a change is rolled out.

import type { Draft } from "./draft.ts";
import type { Problems } from "./problems.ts";
import type { Source } from "./source.ts";

export function addReplicas(draft: Draft, service: Source): void {
  const deploy = service.at("deploy");
  const mode = deploy.at("mode");
  draft.set("mode", mode.text, mode);
  draft.set("replicas", service.at("scale").number, service.at("scale"));
  draft.set("replicas", deploy.at("replicas").number, deploy.at("replicas"));
}

export function addPlacement(draft: Draft, service: Source, problems: Problems): void {
  const placement = service.at("deploy", "placement");
  for (const item of placement.at("constraints").items()) {
    if (/^\s*node\.(labels\.[^=!\s]+|hostname|id|name)\s*(==|!=)/.test(item.text ?? ""))
      draft.add("constraints", item.text, item);
    else {
      const why = `${JSON.stringify(item.value)} compares no label, name or id of a node with == or !=`;
      problems.error(item.path, why, "Write node.labels.KEY==VALUE, node.hostname==NAME or node.id==ID.");
    }
  }
  for (const item of placement.at("preferences").items()) {
    const spread = item.at("spread");
    if (!spread.isGiven) continue;
    const label = /^(?:node\.labels\.)(.+)$/.exec(spread.text ?? "")?.[1];
    if (label === undefined) problems.error(spread.path, "it is no label of nodes", "Write node.labels.KEY.");
    else {
      const before = (draft.fields.placement as { spread?: string[] } | undefined)?.spread ?? [];
      draft.replace("placement.spread", [...before, label], placement.at("preferences"));
    }
  }
  const most = placement.at("max_replicas_per_node");
  draft.set("placement.maxPerNode", most.number, most);
}

export function addRollout(draft: Draft, service: Source, problems: Problems): void {
  const update = service.at("deploy", "update_config");
  draft.set("rollout.parallelism", update.at("parallelism").number, update.at("parallelism"));
  draft.set("rollout.delayMs", update.at("delay").duration, update.at("delay"));
  draft.set("rollout.monitorMs", update.at("monitor").duration, update.at("monitor"));
  draft.set("rollout.order", update.at("order").text, update.at("order"));
  draft.set("rollout.onFailure", update.at("failure_action").text, update.at("failure_action"));
  const ratio = update.at("max_failure_ratio");
  if (!ratio.isGiven) return;
  const { replicas = 1, mode } = draft.fields;
  if (mode === "global" && Number(ratio.text) > 0) {
    const why = "a service with one replica a node has no number of replicas to take a ratio of";
    problems.error(ratio.path, why, "Write max_failures: NUMBER below x-podling of the service.");
  } else draft.set("rollout.maxFailures", Math.floor(Number(ratio.text) * Number(replicas) + 1e-9), ratio);
}

/** A job runs as many tasks as it has replicas, all at once. */
export function addRuns(draft: Draft, service: Source): void {
  for (const source of [service.at("scale"), service.at("deploy", "replicas")]) {
    draft.set("completions", source.number, source);
    draft.set("parallelism", source.number, source);
  }
}
