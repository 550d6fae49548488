// Tasks as text, written out once: lists, streams and their first sets show the same records again and again.

import { limits } from "../../model/limits.ts";
import type { Task } from "../../model/task/task.ts";
import { viewTask } from "../../model/task/view.ts";

/** Tasks whose text is kept: two of the largest pages, some 16 MB, and only once they are asked for. */
const textsKept = limits.listMax * 2;

export class TaskTexts {
  /** Records never change, so their text never does. */
  #texts = new WeakMap<Task, string>();
  #count = 0;

  of(task: Task): string {
    const kept = this.#texts.get(task);
    if (kept !== undefined) return kept;
    if (this.#count >= textsKept) {
      this.#texts = new WeakMap();
      this.#count = 0;
    }
    const text = JSON.stringify(viewTask(task));
    this.#texts.set(task, text);
    this.#count++;
    return text;
  }
}
