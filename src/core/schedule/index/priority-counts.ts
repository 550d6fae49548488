// Which priorities the placed tasks have: a task can take the place of another one only if one of them has a lower priority.

export class PriorityCounts {
  #total = 0;
  /** Without priority 0: most tasks have it, and nothing is counted for each of them. */
  readonly #others = new Map<number, number>();

  add(priority: number): void {
    this.#total++;
    if (priority !== 0) this.#others.set(priority, (this.#others.get(priority) ?? 0) + 1);
  }

  remove(priority: number): void {
    this.#total--;
    if (priority === 0) return;
    const left = this.#others.get(priority)! - 1;
    if (left === 0) this.#others.delete(priority);
    else this.#others.set(priority, left);
  }

  clone(): PriorityCounts {
    const copy = new PriorityCounts();
    copy.#total = this.#total;
    for (const [priority, count] of this.#others) copy.#others.set(priority, count);
    return copy;
  }

  /** The lowest of all; Infinity if no task is placed. */
  get lowest(): number {
    if (this.#others.size === 0) return this.#total === 0 ? Number.POSITIVE_INFINITY : 0;
    const others = [...this.#others.values()].reduce((sum, count) => sum + count, 0);
    return Math.min(...this.#others.keys(), this.#total > others ? 0 : Number.POSITIVE_INFINITY);
  }
}
