// A container of a task of several, as one line, and how many of them are ready.

import type { TaskView } from "../../api/views/task.ts";
import type { PodView } from "../../model/task/pod-view.ts";
import type { Column } from "./table.ts";
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

/** "1/2": how many of the containers of a task are ready. Init containers do not count. */
export const readyColumn: Column<TaskView> = {
  title: "READY",
  text: ({ containers, status, ready }) =>
    containers ? readyOf(containers) : `${status === "running" && ready ? 1 : 0}/1`,
};

/** The same for a pod, where a single container has no field of its own. */
export function podReadyText({ containers, reason }: PodView): string {
  return containers.length === 1 ? `${reason.code === "running" ? 1 : 0}/1` : readyOf(containers);
}

function readyOf(containers: readonly { readonly ready?: boolean | undefined }[]): string {
  return `${containers.filter(({ ready }) => ready).length}/${containers.length}`;
}

export function hasPods(tasks: readonly TaskView[]): boolean {
  return tasks.some(({ containers }) => containers !== undefined);
}
