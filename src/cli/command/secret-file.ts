// Files with a token: a warning if other users of the machine may read them. They are used all the same.

import { lineLog } from "../../lib/log.ts";
import type { Io } from "./io.ts";
import { shellWord } from "./shell-word.ts";

/** Receives what is wrong, and what to type. */
export type Warn = (problem: string, fix: string) => Promise<void>;

/** One line on stderr. */
export function warnOn({ stderr }: Io): Warn {
  return (problem, fix) => stderr.write(`warning: ${problem}. Type: ${fix}\n`);
}

/** One line of a server's log. */
export function warnInLog({ stderr, clock }: Io, role: string): Warn {
  return async (problem, fix) => {
    let written = Promise.resolve();
    const log = lineLog(role, clock, (line) => {
      written = stderr.write(line);
    });
    log.warn(problem, { type: fix });
    await written;
  };
}

export async function warnIfOthersRead(io: Io, path: string, warn: Warn): Promise<void> {
  if (io.othersMayRead(path))
    await warn(`other users of this machine may read the token in ${shellWord(path)}`, `chmod 600 ${shellWord(path)}`);
}
