// The tasks that the chunks of a master's event streams carry. A long event comes in several chunks.

import type { TaskView } from "../../api/views/task.ts";
import { TextSplitter } from "../../lib/split-text.ts";

export class StreamTasks {
  /** The lines of each stream. */
  readonly #streams = new WeakMap<Request, TextSplitter>();

  /** The tasks of the lines that this chunk ends. */
  chunk(request: Request, chunk: Uint8Array): TaskView[] {
    let lines = this.#streams.get(request);
    // Keep-alives: nearly all chunks of a quiet cluster.
    if (chunk.length < 8 && (!lines || lines.isBetween)) return [];
    if (!lines) {
      lines = new TextSplitter("\n");
      this.#streams.set(request, lines);
    }
    return lines.push(chunk).flatMap(tasksOf);
  }
}

function tasksOf(line: string): TaskView[] {
  if (!line.startsWith("data: {")) return [];
  const data = JSON.parse(line.slice(6)) as { tasks?: TaskView[]; task?: TaskView; taskId?: string; status?: string };
  if (data.tasks) return data.tasks.map(recordOf);
  if (data.task) return [data.task];
  return data.taskId && data.status ? [recordOf(data as unknown as TaskView)] : [];
}

/** Without what a worker gets beside the record of the task. */
function recordOf(task: TaskView & { filledVolumes?: readonly string[]; dependencies?: object }): TaskView {
  if (task.filledVolumes === undefined && task.dependencies === undefined) return task;
  const { filledVolumes: _, dependencies: __, ...record } = task;
  return record;
}
