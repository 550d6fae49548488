// A map for values that are made again when they are missing: it forgets all of them before it holds more than it may.

export class BoundedMap<K, V> {
  readonly #most: { entries: number; characters: number };
  readonly #values = new Map<K, V>();
  #characters = 0;

  constructor(most: { entries: number; characters: number }) {
    this.#most = most;
  }

  get size(): number {
    return this.#values.size;
  }

  get(key: K): V | undefined {
    return this.#values.get(key);
  }

  /** Adds a value for a key that it does not have. `characters`: what key and value take, about. */
  add(key: K, value: V, characters: number): void {
    const { entries, characters: most } = this.#most;
    if (this.#values.size >= entries || this.#characters + characters > most) {
      this.#values.clear();
      this.#characters = 0;
    }
    this.#values.set(key, value);
    this.#characters += characters;
  }
}
