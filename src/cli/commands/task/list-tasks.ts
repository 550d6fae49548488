// Reads all pages of a list of tasks, and the names of nodes for tables.

import type { CallOptions } from "../../../api/client.ts";
import type { TaskView } from "../../../api/views/task.ts";
import type { NodeId } from "../../../model/ids.ts";
import type { Node } from "../../../model/node/node.ts";
import { type TaskStatus, taskStatuses } from "../../../model/task/reason.ts";
import type { Context } from "../../command/context.ts";
import { UsageError } from "../../command/failure.ts";

export type TaskQuery = NonNullable<CallOptions<"listTasks">["query"]>;

/** Tasks per page: a page is a few megabytes, so that there are few requests and memory stays bounded. */
const pageSize = 5_000;

export async function listTasks(context: Context, query: TaskQuery): Promise<TaskView[]> {
  const tasks: TaskView[] = [];
  let cursor: string | undefined;
  do {
    const response = await context.fetch("listTasks", { query: { ...query, limit: pageSize, cursor } });
    for (const task of (await context.json(response)) as TaskView[]) tasks.push(task);
    cursor = nextCursor(response.headers.get("link"));
  } while (cursor !== undefined);
  return tasks;
}

/** The cursor in `<...?cursor=...>; rel="next"`. */
function nextCursor(link: string | null): string | undefined {
  const target = /<([^>]*)>\s*;\s*rel="?next"?/.exec(link ?? "")?.[1];
  return new URLSearchParams(target?.split("?")[1] ?? "").get("cursor") ?? undefined;
}

/** Nodes by id. Empty if they are not available: tables then show ids, and the main request reports the error. */
export async function nodesById(context: Context): Promise<Map<NodeId, Node>> {
  const nodes = await context.call("listNodes").catch(() => []);
  return new Map(nodes.map((node) => [node.nodeId, node]));
}

export const liveStatuses: readonly TaskStatus[] = ["pending", "scheduled", "running"];
export const finishedStatuses: readonly TaskStatus[] = ["completed", "failed", "stopped"];

/** The query for the values of -l and --filter. */
export function taskQuery(selectors: readonly string[], filters: readonly string[]): TaskQuery {
  const query: TaskQuery = {};
  const labels = selectors.flatMap((selector) => selector.split(",").filter((one) => one !== ""));
  for (const filter of filters) {
    const equals = filter.indexOf("=");
    const key = equals < 0 ? filter : filter.slice(0, equals);
    const value = equals < 0 ? "" : filter.slice(equals + 1);
    if (value === "") throw new UsageError(`--filter ${filter}: expected KEY=VALUE`, filterHint);
    if (key === "label") labels.push(value);
    else if (key === "status") query.status = [query.status, checkedStatuses(value)].filter(Boolean).join(",");
    else if (key === "node" || key === "name") query[key] = value;
    else
      throw new UsageError(`--filter ${filter}: unknown key ${JSON.stringify(key)}`, otherFilters[key] ?? filterHint);
  }
  for (const label of labels) {
    if (/!=| in |^!/.test(label)) {
      throw new UsageError(`${JSON.stringify(label)} is not a selector`, "Write key or key=value.");
    }
  }
  if (labels.length > 0) query.label = labels;
  return query;
}

/** For completion. */
export const filterKeys = ["status=", "node=", "name=", "label="];

/** docker's keys, each with what to write instead. */
const otherFilters: Readonly<Record<string, string>> = {
  until: "Write podling prune --older-than TIME.",
  ancestor: "Write podling ps -o json | jq '.[] | select(.image == \"nginx\")'.",
  exited: "Write podling ps -a -o json | jq '.[] | select(.exitCode == 1)'.",
  health: "Write podling ps -o json | jq '.[] | select(.health.status == \"unhealthy\")'.",
  id: "Write podling inspect ID.",
};

const filterHint = "The keys are status, node, name and label.";

function checkedStatuses(value: string): string {
  const statuses = value.toLowerCase();
  for (const status of statuses.split(",")) {
    if (!taskStatuses.some((one) => one === status)) {
      throw new UsageError(
        `--filter status=${value}: expected ${taskStatuses.join(", ")}`,
        otherStatuses[status] ?? "Separate several with commas.",
      );
    }
  }
  return statuses;
}

/** What docker, kubectl and nomad call them. */
const otherStatuses: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    ["exited", "dead", "finished", "terminated"].map((word) => [word, "Write status=completed,failed,stopped."]),
  ),
  ...Object.fromEntries(["created", "waiting", "starting"].map((word) => [word, "Write status=pending,scheduled."])),
  ...Object.fromEntries(["restarting", "up", "healthy"].map((word) => [word, "Write status=running."])),
  ...Object.fromEntries(["succeeded", "complete", "done"].map((word) => [word, "Write status=completed."])),
  ...Object.fromEntries(["error", "crashed"].map((word) => [word, "Write status=failed."])),
  paused: "A task cannot be paused.",
};
