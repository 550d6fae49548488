// One copy of what many tasks have in common. Parsed from a request or the log, each record comes with strings of its
// own: the same image, node, second and reason a hundred thousand times over.

import type { Reason, Task } from "../../model/task/task.ts";

/** Distinct texts remembered. Beyond it they are forgotten, and later ones share among themselves. */
const capacity = 4096;

export class Sharing {
  readonly #texts = new Map<string, string>();
  readonly #reasons = new Map<string, Reason>();

  /** The same fields, with shared values. Changes `fields`, which must not be in use yet. */
  within<T extends Partial<Task>>(fields: T): T {
    const shared: Partial<Task> = fields;
    if (shared.image) shared.image = this.#text(shared.image);
    if (shared.status) shared.status = this.#text(shared.status);
    if (shared.createdAt) shared.createdAt = this.#text(shared.createdAt);
    if (shared.scheduledAt) shared.scheduledAt = this.#text(shared.scheduledAt);
    if (shared.startedAt) shared.startedAt = this.#text(shared.startedAt);
    if (shared.nodeId) shared.nodeId = this.#text(shared.nodeId);
    if (shared.reason) shared.reason = this.#reason(shared.reason);
    return fields;
  }

  #text<T extends string>(text: T): T {
    const known = this.#texts.get(text);
    if (known !== undefined) return known as T;
    if (this.#texts.size >= capacity) this.#texts.clear();
    this.#texts.set(text, text);
    return text;
  }

  #reason(reason: Reason): Reason {
    const key = `${reason.code} ${reason.message}`;
    const known = this.#reasons.get(key);
    if (known) return known;
    if (this.#reasons.size >= capacity) this.#reasons.clear();
    this.#reasons.set(key, reason);
    return reason;
  }
}
