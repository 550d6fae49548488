// The port to randomness. Code that draws takes a Random, so that a recorded seed gives the same draws again.

export interface Random {
  /** A number in [0, 1). */
  next(): number;
}

/** A small fast generator (mulberry32): the same 32-bit seed gives the same sequence on every machine. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return {
    next() {
      state = (state + 0x6d2b79f5) >>> 0;
      let mixed = state;
      mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
      mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
    },
  };
}

export const systemRandom: Random = { next: () => Math.random() };

/** A whole number in [0, below). */
export function randomInteger(random: Random, below: number): number {
  return Math.floor(random.next() * below);
}

/** One of the items; there is at least one. */
export function randomItem<T>(random: Random, items: readonly T[]): T {
  return items[randomInteger(random, items.length)]!;
}

/** A fresh 32-bit seed. */
export function drawSeed(random: Random): number {
  return randomInteger(random, 4_294_967_296);
}

const alphabet = "0123456789abcdefghijklmnopqrstuvwxyz";

/** `length` characters of 0-9a-z. */
export function randomText(random: Random, length: number): string {
  let text = "";
  for (let i = 0; i < length; i++) text += alphabet[randomInteger(random, 36)];
  return text;
}
