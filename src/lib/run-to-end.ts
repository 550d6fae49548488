// Work that is done in slices, so that its caller may do other work in between: all of it at once, for callers that have none.

export function runToEnd<T>(slices: Generator<unknown, T, undefined>): T {
  for (;;) {
    const slice = slices.next();
    if (slice.done) return slice.value;
  }
}
