// The worker of services in tests of the master: it reports that tasks run, fail, or have stopped. Test support.

import type { TaskView } from "../../src/api/views/task.ts";
import type { ServiceView } from "../../src/model/service/view.ts";
import { until } from "../../tools/lab/until.ts";
import type { TestMaster } from "./in-process.ts";

export const services = "/api/v1/services";
/** No pauses: each step of a rollout follows the reports at once. */
export const quick = { minReadyMs: 0, monitorMs: 0, drainMs: 0 };

export const input = (name: string, more: object = {}) => ({
  ...{ name, image: "app:1", replicas: 2, rollout: quick },
  ...more,
});

export const get = (master: TestMaster, id: string) => master.do<ServiceView>("GET", `${services}/${id}`);
export const tasksOf = (master: TestMaster, id: string) => master.do<TaskView[]>("GET", `${services}/${id}/tasks`);

/** Acts as the worker once: scheduled tasks run, or fail if they are of the image `failing`; those asked to stop have stopped. */
export async function work(master: TestMaster, id: string, failing?: string): Promise<void> {
  for (const task of await tasksOf(master, id)) {
    if (task.desired === "stopped") await master.report(task, "stopped", { exitCode: 0 });
    else if (task.status === "scheduled" && task.image === failing) {
      const reason = { code: "start-failed", message: "no such program" };
      await master.report(task, "failed", { error: reason.message, reason });
    } else if (task.status === "scheduled") await master.report(task, "running", { containerId: `c-${task.taskId}` });
  }
}

/** True when every replica is there, and nothing else is under way. */
function isSettled({ rollout, replicas }: ServiceView): boolean {
  const { wanted, serving, live, going } = replicas;
  return rollout === null && serving === wanted && live === wanted && going === 0;
}

/** Acts as the worker until the service is as asked. */
export function reaches(
  master: TestMaster,
  id: string,
  holds: (service: ServiceView) => boolean = isSettled,
  failing?: string,
): Promise<ServiceView> {
  return until(`${id} to be as asked`, async () => {
    await work(master, id, failing);
    const service = await get(master, id);
    return holds(service) ? service : null;
  });
}
