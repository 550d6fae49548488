// The header by which a worker says which process it is, with every request. It is no field of a body, because masters of
// 0.1.0 refuse fields that they do not know. Workers of 0.1.0, and nodes that a person registers, do not send it.

import { instancePattern } from "../model/node/instance.ts";

export const instanceHeader = "podling-worker-instance";

/** Null if the request has none, or one that is no instance. */
export function instanceFrom(headers: Pick<Headers, "get">): string | null {
  const instance = headers.get(instanceHeader);
  return instance !== null && instancePattern.test(instance) ? instance : null;
}
