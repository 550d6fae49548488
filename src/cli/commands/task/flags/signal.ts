// Checks a signal before the master is asked, so that the message names the flag to type.

import { signalForm, signalForms } from "../../../../model/signal.ts";
import { UsageError } from "../../../command/failure.ts";

/** Throws a UsageError if there is no such signal. */
export function checkedSignal(flag: string, text: string): string {
  if (signalForm.test(text)) return text;
  throw new UsageError(
    `${flag}: expected ${signalForms}; got ${JSON.stringify(text)}`,
    `Write ${flag} KILL, ${flag} SIGKILL or ${flag} 9.`,
  );
}
