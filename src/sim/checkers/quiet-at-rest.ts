// A cluster that has come to rest does nothing: no batch, no report, no command to an engine.

import type { Checker } from "./checker.ts";

export const quietAtRest: Checker = {
  name: "quiet-at-rest",
  sentence: "A cluster that has come to rest does nothing: no batch, no report, no command to an engine.",
  class: "liveness",
  hooks: ({ activity, ask }, fail) => {
    const commands = async () => Number(/^podling_commands_total (\d+)$/m.exec(await ask<string>("/metrics"))?.[1]);
    let before = 0;
    return {
      async converged() {
        before = await commands();
      },
      async quiescent() {
        const decided = (await commands()) - before;
        if (decided !== 0) fail(`${decided} commands were decided with nothing left to do`);
        if (activity.batches > 0) fail(`${activity.batches} batches were written with nothing left to do`);
        if (activity.commands.length > 0) fail(`with nothing left to do: ${activity.commands.slice(0, 5).join(", ")}`);
      },
    };
  },
};
