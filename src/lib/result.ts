// A value or a refusal. Refusals are data: they are returned, carried over HTTP and printed, never thrown and matched.

export type Result<T, R> = { ok: true; value: T } | { ok: false; refusal: R };

export function ok<T>(value: T): { ok: true; value: T } {
  return { ok: true, value };
}

export function refused<R>(refusal: R): { ok: false; refusal: R } {
  return { ok: false, refusal };
}
