// Tasks as JSON text, encoded once: streams show the same records to many subscribers.

import { limits } from "../../model/limits.ts";
import type { Task } from "../../model/task/task.ts";
import { taskText } from "../../model/task/view.ts";

/** Tasks whose text is kept, some 16 MB; none before the first stream. */
const textsKept = limits.listMax * 2;

export class TaskTexts {
  /** Records are immutable, and so is their text. */
  #texts = new WeakMap<Task, string>();
  #count = 0;

  of(task: Task): string {
    const kept = this.#texts.get(task);
    if (kept !== undefined) return kept;
    if (this.#count >= textsKept) {
      this.#texts = new WeakMap();
      this.#count = 0;
    }
    const text = taskText(task);
    this.#texts.set(task, text);
    this.#count++;
    return text;
  }
}
