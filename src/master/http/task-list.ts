// Lists of tasks: filters, pages, and the last few answers kept while nothing has changed.

import type { TaskListQuery } from "../../api/schemas/schemas.ts";
import { JsonText } from "../../api/server/call.ts";
import type { ClusterState } from "../../core/state/cluster-state.ts";
import { resolveNode } from "../../core/state/lookup.ts";
import { ok } from "../../lib/result.ts";
import { taskIdPattern } from "../../model/ids.ts";
import { limits } from "../../model/limits.ts";
import { type Outcome, refuse } from "../../model/refusal.ts";
import { type TaskStatus, taskStatuses } from "../../model/task/reason.ts";
import type { Task } from "../../model/task/task.ts";
import type { Watchers } from "../watch/watchers.ts";

/** Dashboards and `ps` loops ask the same few things again; an answer of 10,000 tasks has some 8 MB. */
const answersKept = 4;

export class TaskList {
  readonly #state: ClusterState;
  readonly #watchers: Watchers;
  #answers = new Map<string, JsonText>();
  #answersRevision = -1;

  constructor(state: ClusterState, watchers: Watchers) {
    this.#state = state;
    this.#watchers = watchers;
  }

  answer(query: TaskListQuery): Outcome<JsonText | ReadableStream<Uint8Array>> {
    const filter = this.#filterOf(query);
    if (!filter.ok) return filter;
    const fault = queryFault(query);
    if (fault) return fault;
    const key = JSON.stringify(query);
    if (query.watch) return this.#watchers.watchTasks(filter.value ?? (() => true), key);
    if (this.#answersRevision !== this.#state.revision) {
      this.#answers.clear();
      this.#answersRevision = this.#state.revision;
    }
    const kept = this.#answers.get(key);
    if (kept) return ok(kept);
    const answer = this.#page(query, filter.value);
    if (this.#answers.size >= answersKept) this.#answers.delete(this.#answers.keys().next().value!);
    this.#answers.set(key, answer);
    return ok(answer);
  }

  #page(query: TaskListQuery, filter: ((task: Task) => boolean) | null): JsonText {
    const limit = query.limit ?? limits.listDefault;
    const texts: string[] = [];
    let last = "";
    let more = false;
    for (const taskId of this.#state.order.after(query.cursor ?? "")) {
      const task = this.#state.task(taskId);
      if (filter && !filter(task)) continue;
      if (texts.length === limit) {
        more = true;
        break;
      }
      texts.push(this.#watchers.texts.of(task));
      last = taskId;
    }
    return new JsonText(`[${texts.join(",")}]`, more ? { link: `<${nextPage(query, last)}>; rel="next"` } : {});
  }

  /** Null: every task passes. */
  #filterOf({ status, node, label, name }: TaskListQuery): Outcome<((task: Task) => boolean) | null> {
    const tests: ((task: Task) => boolean)[] = [];
    if (status !== undefined) {
      const wanted = status.split(",") as TaskStatus[];
      const unknown = wanted.find((one) => !taskStatuses.includes(one));
      if (unknown !== undefined) {
        return refuse(
          "invalid-field",
          `query parameter "status": expected ${taskStatuses.join(", ")}; got "${unknown}"`,
          {
            hint: "Several may be given with commas.",
            details: { field: "status" },
          },
        );
      }
      tests.push((task) => wanted.includes(task.observed.status));
    }
    if (node !== undefined) {
      const found = resolveNode(this.#state, node);
      if (!found.ok) return found;
      tests.push((task) => task.placement?.nodeId === found.value.nodeId);
    }
    if (name !== undefined) tests.push((task) => task.name === name);
    for (const one of label ?? []) tests.push(labelTest(one));
    return ok(tests.length === 0 ? null : (task) => tests.every((test) => test(task)));
  }
}

/** "key" or "key=value" */
function labelTest(selector: string): (task: Task) => boolean {
  const equals = selector.indexOf("=");
  if (equals < 0) return (task) => Object.hasOwn(task.spec.labels, selector);
  const key = selector.slice(0, equals);
  const value = selector.slice(equals + 1).replace(/^=/, "");
  return (task) => Object.hasOwn(task.spec.labels, key) && task.spec.labels[key] === value;
}

function nextPage({ cursor: _, watch: __, label, ...query }: TaskListQuery, cursor: string): string {
  const params = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) if (value !== undefined) params.set(key, String(value));
  for (const one of label ?? []) params.append("label", one);
  params.set("cursor", cursor);
  return `/api/v1/tasks?${params}`;
}

function queryFault({ watch, limit, cursor }: TaskListQuery): Outcome<never> | null {
  if (watch && (limit !== undefined || cursor !== undefined)) {
    const field = limit === undefined ? "cursor" : "limit";
    return refuse("invalid-field", `query parameter "${field}": a watch has no pages`, {
      hint: "Leave out limit and cursor, or list without watch.",
      details: { field },
    });
  }
  if (cursor === undefined || taskIdPattern.test(cursor)) return null;
  return refuse("invalid-field", `query parameter "cursor": expected a task id; got ${JSON.stringify(cursor)}`, {
    hint: "Follow the Link header of the page before.",
    details: { field: "cursor" },
  });
}
