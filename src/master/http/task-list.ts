// Lists of tasks: filters and pages. The last few pages are kept while nothing has changed.

import type { TaskListQuery } from "../../api/schemas/queries.ts";
import { EncodedJson } from "../../api/server/call.ts";
import type { ClusterState } from "../../core/state/cluster-state.ts";
import type { Delta } from "../../core/state/delta.ts";
import { resolveNode } from "../../core/state/lookup.ts";
import { concatenate } from "../../lib/frames.ts";
import { ok } from "../../lib/result.ts";
import type { Batch } from "../../model/change.ts";
import { taskIdPattern } from "../../model/ids.ts";
import { limits } from "../../model/limits.ts";
import { type Outcome, refuse } from "../../model/refusal.ts";
import { type TaskStatus, taskStatuses } from "../../model/task/reason.ts";
import type { Task } from "../../model/task/task.ts";
import { taskText } from "../../model/task/view.ts";
import type { CommitListener } from "../loop/tick-loop.ts";
import type { Watchers } from "../watch/watchers.ts";
import { type EncodedTasks, TaskBlocks } from "./task-blocks.ts";

/** Dashboards and `podling ps` loops repeat the same few requests. */
const pagesKept = 4;

/** A smaller answer is sent whole, with its length; a larger one in chunks, which are shared by all that are being sent. */
const wholeBytes = 256 * 1024;

/** Characters in a chunk of a filtered page: a socket copies each chunk that it gets, once for each client. */
const filteredChunkLength = 64 * 1024;

interface Page {
  chunks: Uint8Array<ArrayBuffer>[];
  headers: Record<string, string>;
}

export class TaskList implements CommitListener {
  readonly #state: ClusterState;
  readonly #watchers: Watchers;
  readonly #blocks: TaskBlocks;
  /** The last pages, by query. They are current as long as the revision is the same. */
  readonly #pages = new Map<string, Page>();
  #pagesRevision = -1;

  constructor(state: ClusterState, watchers: Watchers) {
    this.#state = state;
    this.#watchers = watchers;
    this.#blocks = new TaskBlocks(state, taskText);
  }

  committed(_batch: Batch, deltas: readonly Delta[]): void {
    for (const { kind, before, after } of deltas) {
      if (kind === "task") this.#blocks.changed((after ?? before)!.taskId);
    }
  }

  answer(query: TaskListQuery): Outcome<EncodedJson | ReadableStream<Uint8Array>> {
    const filter = this.#filterOf(query);
    if (!filter.ok) return filter;
    const fault = queryFault(query);
    if (fault) return fault;
    const key = JSON.stringify(query);
    if (query.watch) return this.#watchers.watchTasks(filter.value ?? (() => true), key);
    if (this.#pagesRevision !== this.#state.revision) {
      this.#pages.clear();
      this.#pagesRevision = this.#state.revision;
    }
    let page = this.#pages.get(key);
    if (!page) {
      page = this.#page(query, filter.value);
      if (this.#pages.size >= pagesKept) this.#pages.delete(this.#pages.keys().next().value!);
      this.#pages.set(key, page);
    }
    return ok(new EncodedJson(bodyOf(page.chunks), page.headers));
  }

  #page(query: TaskListQuery, filter: ((task: Task) => boolean) | null): Page {
    const { cursor = "", limit = limits.listDefault } = query;
    const { chunks, lastId, more } = filter ? this.#filtered(filter, cursor, limit) : this.#blocks.page(cursor, limit);
    const headers = more ? { link: `<${nextPage(query, lastId)}>; rel="next"` } : {};
    return { chunks: asArray(chunks), headers };
  }

  #filtered(filter: (task: Task) => boolean, cursor: string, limit: number): EncodedTasks {
    const chunks: Uint8Array<ArrayBuffer>[] = [];
    let texts: string[] = [];
    let count = 0;
    let length = 0;
    let lastId = cursor;
    for (const taskId of this.#state.order.after(cursor)) {
      const task = this.#state.task(taskId);
      if (!filter(task)) continue;
      if (count === limit) return { chunks: [...chunks, ...encode(texts)], lastId, more: true };
      const text = this.#watchers.texts.of("task", task);
      texts.push(text);
      count++;
      length += text.length;
      lastId = taskId;
      if (length < filteredChunkLength) continue;
      chunks.push(...encode(texts));
      texts = [];
      length = 0;
    }
    return { chunks: [...chunks, ...encode(texts)], lastId, more: false };
  }

  /** Null if every task passes. */
  #filterOf({ status, node, label, name }: TaskListQuery): Outcome<((task: Task) => boolean) | null> {
    const tests: ((task: Task) => boolean)[] = [];
    if (status !== undefined) {
      const wanted = status.toLowerCase().split(",") as TaskStatus[];
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

const encoder = new TextEncoder();

/** A comma and a JSON object for each task, as blocks have them. */
function encode(texts: readonly string[]): Uint8Array<ArrayBuffer>[] {
  return texts.length === 0 ? [] : [encoder.encode(`,${texts.join(",")}`)];
}

/** A JSON array: "[" in place of the first comma, which is done in a copy as blocks are shared, and "]" at the end. */
function asArray([first, ...rest]: readonly Uint8Array<ArrayBuffer>[]): Uint8Array<ArrayBuffer>[] {
  if (!first) return [encoder.encode("[]")];
  const begun = first.slice();
  begun[0] = "[".charCodeAt(0);
  return [begun, ...rest, encoder.encode("]")];
}

function bodyOf(chunks: readonly Uint8Array<ArrayBuffer>[]): Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array> {
  let bytes = 0;
  for (const chunk of chunks) bytes += chunk.length;
  if (bytes <= wholeBytes) return concatenate(chunks);
  let next = 0;
  return new ReadableStream({
    pull(controller) {
      controller.enqueue(chunks[next++]!);
      if (next === chunks.length) controller.close();
    },
  });
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
