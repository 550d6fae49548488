// Encoded tasks for lists without a filter, in blocks of consecutive ids. A change marks the block that its id is in, and
// the next list encodes only the marked blocks: a page of 10,000 tasks is some 80 blocks.

import type { ClusterState } from "../../core/state/cluster-state.ts";
import { firstIndex } from "../../lib/binary-search.ts";
import { limits } from "../../model/limits.ts";
import type { Task } from "../../model/task/task.ts";

/** All tasks from its first id on, up to the first id of the next block. */
interface Block {
  from: string;
  /** Null after a change in its range. */
  content: Content | null;
}

interface Content {
  count: number;
  lastId: string;
  /** A comma and a JSON object for each task, as UTF-8. Null if it is not encoded. */
  bytes: Uint8Array<ArrayBuffer> | null;
}

export interface EncodedTasks {
  /** To be sent one after the other: a comma and a JSON object for each task. */
  chunks: Uint8Array<ArrayBuffer>[];
  lastId: string;
  /** True when there are tasks after the last. */
  more: boolean;
}

/** A block of some 100 kB: small enough to encode in less than 1 ms, large enough for a socket. */
const blockTasks = 128;
/** More blocks than so many, and than this multiple of what the tasks would fill, are too many. */
const blocksAtLeast = 64;
const sparse = 4;
/** Encoded tasks that are kept: two of the largest pages, some 18 MB. */
const keptTasks = limits.listMax * 2;

const encoder = new TextEncoder();

export class TaskBlocks {
  readonly #state: ClusterState;
  readonly #textOf: (task: Task) => string;
  /** By their first id, without gaps. The first covers all that comes before the second. */
  readonly #blocks: Block[] = [{ from: "", content: null }];
  /** Those with bytes, the least recently used first. */
  readonly #encoded = new Set<Content>();
  #encodedTasks = 0;

  constructor(state: ClusterState, textOf: (task: Task) => string) {
    this.#state = state;
    this.#textOf = textOf;
  }

  /** A task was created, changed or removed. To be called before the next list. */
  changed(taskId: string): void {
    const block = this.#blocks[this.#indexOf(taskId)]!;
    if (!block.content) return;
    this.#drop(block.content);
    block.content = null;
  }

  /** Up to `limit` tasks with ids above `cursor`, in order. */
  page(cursor: string, limit: number): EncodedTasks {
    if (this.#blocks.length > blocksAtLeast + (this.#state.tasks.size / blockTasks) * sparse) this.#startOver();
    const page: EncodedTasks = { chunks: [], lastId: cursor, more: false };
    let left = limit;
    this.#content(this.#indexOf(cursor)); // it may have to be divided first
    let index = this.#indexOf(cursor);
    if (cursor !== "") {
      const { lastId } = this.#content(index);
      if (lastId > cursor) left -= this.#part(page, lastId, left);
      index++;
    }
    for (; index < this.#blocks.length && !page.more; index++) {
      const content = this.#content(index);
      if (content.count > left) {
        this.#part(page, content.lastId, left);
      } else if (content.count > 0) {
        page.chunks.push(this.#bytes(index, content));
        page.lastId = content.lastId;
        left -= content.count;
      }
    }
    return page;
  }

  /** Adds the tasks after the page's last, up to `lastId` and `left` at most. Returns their number. */
  #part(page: EncodedTasks, lastId: string, left: number): number {
    let text = "";
    let count = 0;
    for (const taskId of this.#state.order.after(page.lastId)) {
      if (taskId > lastId) break;
      if (count === left) {
        page.more = true;
        break;
      }
      text += `,${this.#textOf(this.#state.task(taskId))}`;
      page.lastId = taskId;
      count++;
    }
    if (count > 0) page.chunks.push(encoder.encode(text));
    return count;
  }

  /** The block whose range has this id. */
  #indexOf(taskId: string): number {
    const last = this.#blocks.length - 1;
    if (taskId >= this.#blocks[last]!.from) return last; // new tasks are the last
    return firstIndex(1, last, (at) => this.#blocks[at]!.from > taskId) - 1;
  }

  /** Counts a block's tasks again after a change. What is beyond the size of a block goes into new ones behind it. */
  #content(index: number): Content {
    const block = this.#blocks[index]!;
    if (block.content) return block.content;
    const end = this.#blocks[index + 1]?.from;
    let content: Content = { count: 0, lastId: "", bytes: null };
    block.content = content;
    const added: Block[] = [];
    for (const taskId of this.#idsFrom(block.from)) {
      if (end !== undefined && taskId >= end) break;
      if (content.count === blockTasks) {
        content = { count: 0, lastId: "", bytes: null };
        added.push({ from: taskId, content });
      }
      content.count++;
      content.lastId = taskId;
    }
    if (added.length > 0) this.#blocks.splice(index + 1, 0, ...added);
    return block.content;
  }

  *#idsFrom(from: string): Generator<string> {
    if (this.#state.tasks.has(from as never)) yield from;
    yield* this.#state.order.after(from);
  }

  #bytes(index: number, content: Content): Uint8Array<ArrayBuffer> {
    if (content.bytes) {
      this.#encoded.delete(content);
      this.#encoded.add(content);
      return content.bytes;
    }
    let text = "";
    for (const taskId of this.#idsFrom(this.#blocks[index]!.from)) {
      if (taskId > content.lastId) break;
      text += `,${this.#textOf(this.#state.task(taskId as never))}`;
    }
    content.bytes = encoder.encode(text);
    this.#encoded.add(content);
    this.#encodedTasks += content.count;
    for (const oldest of this.#encoded) {
      if (this.#encodedTasks <= keptTasks) break;
      this.#drop(oldest);
    }
    return content.bytes;
  }

  /** Removed tasks leave blocks that are empty or nearly so. */
  #startOver(): void {
    for (const content of this.#encoded) this.#drop(content);
    this.#blocks.splice(0, this.#blocks.length, { from: "", content: null });
  }

  #drop(content: Content): void {
    if (!this.#encoded.delete(content)) return;
    this.#encodedTasks -= content.count;
    content.bytes = null;
  }
}
