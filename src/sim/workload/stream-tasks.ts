// The tasks that a chunk of a master's event stream carries.

import type { TaskView } from "../../api/views/task.ts";

const decoder = new TextDecoder();

export function parseEvents(chunk: Uint8Array): TaskView[] {
  // Keep-alives: nearly all chunks of a quiet cluster.
  if (chunk.length < 8) return [];
  const tasks: TaskView[] = [];
  for (const line of decoder.decode(chunk).split("\n")) {
    if (!line.startsWith("data: {")) continue;
    const data = JSON.parse(line.slice(6)) as { tasks?: TaskView[]; task?: TaskView; taskId?: string; status?: string };
    if (data.tasks) tasks.push(...data.tasks);
    else if (data.task) tasks.push(data.task);
    else if (data.taskId && data.status) tasks.push(data as unknown as TaskView);
  }
  return tasks;
}
