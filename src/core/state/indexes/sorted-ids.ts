// A set of ids, ordered by a number and then by the id. Most ids are added at the end; where one is not, the set is sorted
// when it is next read.

export class SortedIds<Id extends string> {
  #keys = new Map<Id, number>();
  /** The place of the last id that was added at the end: no id of the set comes after it. */
  #endKey = Number.NEGATIVE_INFINITY;
  #endId = "";
  #sorted = true;

  get size(): number {
    return this.#keys.size;
  }

  add(id: Id, key: number): void {
    if (key > this.#endKey || (key === this.#endKey && id >= this.#endId)) {
      this.#endKey = key;
      this.#endId = id;
    } else {
      this.#sorted = false;
    }
    this.#keys.set(id, key);
  }

  delete(id: Id): boolean {
    return this.#keys.delete(id);
  }

  /** In order. */
  values(): IterableIterator<Id> {
    if (!this.#sorted) this.#keys = new Map([...this.#keys].sort(byKey));
    this.#sorted = true;
    return this.#keys.keys();
  }

  /** Keeps the first `count` of a larger set, and returns the key of the next one. */
  cut(count: number): number {
    const left = [...this.values()].slice(count);
    const key = this.#keys.get(left[0]!)!;
    for (const id of left) this.#keys.delete(id);
    return key;
  }

  first(): Id | undefined {
    return this.values().next().value;
  }
}

function byKey([leftId, left]: [string, number], [rightId, right]: [string, number]): number {
  return left - right || (leftId < rightId ? -1 : leftId > rightId ? 1 : 0);
}
