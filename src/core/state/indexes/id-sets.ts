// Sets of ids by the id of their owner: the tasks of a job, the jobs of a schedule. An owner without any takes no memory.

const none: ReadonlySet<never> = new Set<never>();

export class IdSets<Owner extends string, Id extends string> {
  readonly #sets = new Map<Owner, Set<Id>>();

  /** In no order. */
  of(owner: Owner): ReadonlySet<Id> {
    return this.#sets.get(owner) ?? none;
  }

  add(owner: Owner, id: Id): void {
    const ids = this.#sets.get(owner);
    if (ids) ids.add(id);
    else this.#sets.set(owner, new Set([id]));
  }

  remove(owner: Owner, id: Id): void {
    const ids = this.#sets.get(owner);
    ids?.delete(id);
    if (ids?.size === 0) this.#sets.delete(owner);
  }
}
