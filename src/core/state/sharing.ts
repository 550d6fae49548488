// Keeps one copy of values that many records have in common. Parsed from a request or from the log, each record comes with
// strings and templates of its own: the same image, node, second and reason a hundred thousand times.

import { BoundedMap } from "../../lib/bounded-map.ts";
import type { Shared } from "../../model/kinds/kind.ts";
import type { KindName } from "../../model/kinds/kinds.ts";
import { limits } from "../../model/limits.ts";
import { slotName } from "../../model/service/service.ts";
import type { Reason } from "../../model/task/reason.ts";
import { type ContainerStatus, isUnstarted, nothingObserved, type ObservedStatus } from "../../model/task/status.ts";
import type { Placement, Task, TaskOwner } from "../../model/task/task.ts";

/**
 * The number of values kept of each sort. When there are more, all are dropped, and later records share among themselves. A template may
 * have a megabyte.
 */
const kept = { entries: 4096, characters: 16 * 1024 ** 2 };

type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

export class Sharing implements Shared {
  readonly #texts = new BoundedMap<string, string>(kept);
  readonly #reasons = new BoundedMap<string, Reason>(kept);
  readonly #unstarted = new BoundedMap<string, ObservedStatus>(kept);
  readonly #packed = new BoundedMap<string, object>(kept);
  /** By packed value. */
  readonly #made = new WeakMap<object, object>();

  /** The one copy of an equal packed value: tens of thousands of tasks may have the same template. */
  packed<T extends object>(packed: T): T {
    return remembered(this.#packed, JSON.stringify(packed), packed) as T;
  }

  value<T extends object>(packed: object, make: () => T): T {
    const known = this.#made.get(packed);
    if (known !== undefined) return known as T;
    const one = this.packed(packed);
    const made = this.#made.get(one) ?? make();
    this.#made.set(one, made);
    this.#made.set(packed, made);
    return made as T;
  }

  /** Makes a value of its own for an update and for a new record: no other record holds the same object. */
  once<T extends object>(_packed: object, make: () => T): T {
    return make();
  }

  /**
   * The same record with shared values. Changes the parts of `record` that differ from `before`; these must not be in use
   * yet.
   */
  within<R extends object>(kind: KindName, record: R, before: R | null): R {
    if (kind === "task") this.#task(record as unknown as Writable<Task>, before as unknown as Task | null);
    return record;
  }

  #task(task: Writable<Task>, before: Task | null): void {
    if (before === null) {
      task.createdAt = this.text(task.createdAt);
      if (task.owner) this.#owner(task.owner);
    }
    if (task.placement && task.placement !== before?.placement) task.placement = this.#placement(task.placement);
    if (task.observed !== (before?.observed ?? nothingObserved))
      task.observed = this.#observed(task.observed, before?.observed ?? nothingObserved);
  }

  #owner(owner: Writable<TaskOwner>): void {
    owner.kind = this.text(owner.kind);
    owner.id = this.text(owner.id);
    if (owner.slot !== undefined) owner.slot = sharedSlot(owner.slot);
  }

  #observed(observed: Writable<ObservedStatus>, before: ObservedStatus): ObservedStatus {
    if (isUnstarted(observed)) return this.unstarted(observed);
    if (observed.status !== before.status) observed.status = this.text(observed.status);
    if (observed.reason !== before.reason) observed.reason = this.#reason(observed.reason);
    if (observed.containers === before.containers) return observed;
    for (const container of observed.containers as readonly Writable<ContainerStatus>[]) {
      if (container.startedAt) container.startedAt = this.text(container.startedAt);
      container.name = this.text(container.name);
    }
    return observed;
  }

  /** Tasks that wait or have just been placed have equal statuses: they share one. */
  unstarted(observed: ObservedStatus): ObservedStatus {
    const { status, reason, ready } = observed;
    return remembered(this.#unstarted, `${status} ${ready} ${reason.code} ${reason.message}`, observed);
  }

  #placement({ nodeId, at, revision }: Placement): Placement {
    return { nodeId: this.text(nodeId), at: this.text(at), revision };
  }

  text<T extends string>(text: T): T {
    return remembered(this.#texts, text, text) as T;
  }

  #reason(reason: Reason): Reason {
    return remembered(this.#reasons, `${reason.code} ${reason.message}`, reason);
  }
}

/** Also where one service has more slots than texts are kept. */
function sharedSlot(name: string): string {
  const number = Number(name);
  return number >= 1 && number <= limits.replicas && String(number) === name ? slotName(number) : name;
}

function remembered<T>(values: BoundedMap<string, T>, key: string, value: T): T {
  const known = values.get(key);
  if (known !== undefined) return known;
  values.add(key, value, key.length);
  return value;
}
