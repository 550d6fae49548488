// Records of one kind by name, where no two have the same and a name never changes: jobs, schedules.

import type { Index } from "../delta.ts";

export class UniqueNames<R extends { readonly name: string }> implements Index<R> {
  readonly #byName = new Map<string, R>();

  named(name: string): R | undefined {
    return this.#byName.get(name);
  }

  moved(before: R | null, after: R | null): void {
    if (after) this.#byName.set(after.name, after);
    else if (before) this.#byName.delete(before.name);
  }
}
