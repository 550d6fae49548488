// A container of a task of several, as one line.

import { counted } from "./words.ts";

/** What is shown of a container; masters of other releases may leave out what is not known. */
export interface ShownContainer {
  readonly name: string;
  readonly sidecar?: boolean | undefined;
  readonly status?: string | undefined;
  readonly ready?: boolean | undefined;
  readonly restarts: number;
  readonly reason?: { readonly code: string; readonly message: string } | undefined;
}

/** These say no more than the status. */
const saysLittle: ReadonlySet<string> = new Set(["running"]);

/** "app: running", "cache (sidecar): running, not ready, 2 restarts: exited with code 1; restart 3 in 4 s" */
export function containerLine({
  name,
  sidecar,
  status = "not started",
  ready,
  restarts,
  reason,
}: ShownContainer): string {
  const words = [
    status,
    ...(status === "running" && ready === false ? ["not ready"] : []),
    ...(restarts > 0 ? [counted(restarts, "restart")] : []),
  ];
  const why = reason && !saysLittle.has(reason.code) ? `: ${reason.message}` : "";
  return `${name}${sidecar ? " (sidecar)" : ""}: ${words.join(", ")}${why}`;
}
