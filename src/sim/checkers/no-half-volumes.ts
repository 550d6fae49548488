// No container runs with a volume whose files are incomplete: because they are being copied, or because the worker, the engine or
// the machine stopped in the middle of that.

import type { WorkerMachine } from "../machines/worker-machine.ts";
import type { Checker } from "./checker.ts";

export const noHalfVolumes: Checker = {
  name: "no-half-volumes",
  sentence: "No container runs with a volume that a restore or a move has filled only in part.",
  class: "safety",
  hooks: ({ workers }, fail) => {
    const check = (machine: WorkerMachine, containerId: string) => {
      const { containers, storage } = machine.engine;
      const use = containers.usesNow().find((one) => one.containerId === containerId);
      const half = use?.volumes.find((name) => storage.partial.includes(name));
      if (half !== undefined) fail(`${use!.name} runs on ${machine.name} with the volume ${half}, which is incomplete`);
    };
    return {
      run(machine, _, { containerId }) {
        if (machine.engine.storage.partial.length > 0) check(machine, containerId);
      },
      periodic() {
        for (const machine of workers) {
          if (machine.engine.storage.partial.length === 0) continue;
          for (const { containerId, status } of machine.engine.all())
            if (status === "running") check(machine, containerId);
        }
      },
    };
  },
};
