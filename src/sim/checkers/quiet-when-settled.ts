// A settled cluster asks for nothing: no batch, no report, no command to an engine.

import type { Checker } from "./checker.ts";

/** What a run counts while it watches a settled cluster. */
export interface Quiet {
  batches: number;
  /** Calls to engines that change something, and requests other than reads and heartbeats. */
  commands: string[];
}

export const quietWhenSettled: Checker = {
  name: "quiet-when-settled",
  sentence: "A settled cluster issues no commands: no batch, no report, no word to an engine.",
  class: "liveness",
  look: ({ quiet, ask }, wrong) => {
    const commands = async () => Number(/^podling_commands_total (\d+)$/m.exec(await ask<string>("/metrics"))?.[1]);
    let before = 0;
    return {
      async rested() {
        before = await commands();
      },
      async settled() {
        const decided = (await commands()) - before;
        if (decided !== 0) wrong(`${decided} commands were decided with nothing left to do`);
        if (quiet.batches > 0) wrong(`${quiet.batches} batches were written with nothing left to do`);
        if (quiet.commands.length > 0) wrong(`with nothing left to do: ${quiet.commands.slice(0, 5).join(", ")}`);
      },
    };
  },
};
