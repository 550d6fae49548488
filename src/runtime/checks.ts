// The port to the network of containers, for checks from outside of them. It is the engine that decides where a container can
// be reached, so each adapter knows that of its own.

import type { HttpCheck } from "../model/task/probes.ts";
import type { PublishedPort } from "../model/task/spec.ts";

/** A container that runs. */
export interface CheckTarget {
  readonly containerId: string;
  /** Its own address on the node; null if it has none. */
  readonly address: string | null;
  /** True when it uses the network of the node. */
  readonly hostNetwork: boolean;
  readonly publishedPorts: readonly PublishedPort[];
}

export interface HttpAnswer {
  /** What was asked for. */
  url: string;
  status: number;
  /** The beginning of the body; "" if it was not read, because the status says all. */
  body: string;
}

export interface Checks {
  /** A GET on a new connection; redirects are not followed, and no proxy is used. Throws CheckFailed if there is no answer. */
  http(target: CheckTarget, check: HttpCheck, limit: { timeoutMs: number; bodyBytes: number }): Promise<HttpAnswer>;

  /** Opens a connection and closes it. Throws CheckFailed if none is accepted. */
  tcp(target: CheckTarget, port: number, timeoutMs: number): Promise<void>;
}

/** The message is a sentence that says what was tried, and why it failed. */
export class CheckFailed extends Error {
  override name = "CheckFailed";
}

const usual = { from: 200, to: 399 };

/** The statuses of a good answer. */
export function wantedStatuses({ status }: Pick<HttpCheck, "status">): { from: number; to: number } {
  if (status === undefined) return usual;
  const [from, to = from] = status.split("-").map(Number);
  return { from: from!, to: to! };
}
