// The events to come, by time and then by the order in which they were added. A heap with four children for each entry and
// without a function that compares: nearly all of a simulation passes through it.

/** A program whose timer an event is. */
export interface EventOwner {
  /** False while it is paused, and after its end. */
  readonly runs: boolean;
  /** Its timer is due while it does not run. */
  postpone(event: SimulatedEvent): void;
}

export interface SimulatedEvent {
  readonly at: number;
  /** Events that are due at the same time run in the order in which they were added. */
  readonly order: number;
  /** Null if it was cancelled. */
  fire: (() => void) | null;
  /** Null: of the world itself. */
  readonly owner: EventOwner | null;
}

export class EventQueue {
  readonly #events: SimulatedEvent[] = [];

  get first(): SimulatedEvent | undefined {
    return this.#events[0];
  }

  push(event: SimulatedEvent): void {
    const events = this.#events;
    const { at: time, order } = event;
    let at = events.length;
    events.push(event);
    while (at > 0) {
      const up = (at - 1) >>> 2;
      const parent = events[up]!;
      if (parent.at < time || (parent.at === time && parent.order < order)) break;
      events[at] = parent;
      at = up;
    }
    events[at] = event;
  }

  /** Removes the first event. The queue must not be empty. */
  pop(): void {
    const events = this.#events;
    const last = events.pop()!;
    const { length } = events;
    if (length === 0) return;
    const { at: time, order } = last;
    let at = 0;
    for (;;) {
      let child = 4 * at + 1;
      if (child >= length) break;
      let soonest = events[child]!;
      const end = Math.min(child + 4, length);
      for (let other = child + 1; other < end; other++) {
        const event = events[other]!;
        if (event.at > soonest.at || (event.at === soonest.at && event.order > soonest.order)) continue;
        soonest = event;
        child = other;
      }
      if (time < soonest.at || (time === soonest.at && order < soonest.order)) break;
      events[at] = soonest;
      at = child;
    }
    events[at] = last;
  }
}
