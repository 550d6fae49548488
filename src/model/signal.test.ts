// Which texts are signals.

import { expect, test } from "bun:test";
import { signalForm } from "./signal.ts";

test.each(["KILL", "SIGKILL", "kill", "sigusr1", "9", "64", "RTMIN", "SIGRTMIN+15", "RTMAX-14", "IO"])(
  "%s is a signal",
  (text) => expect(signalForm.test(text)).toBe(true),
);

test.each(["", " ", "FOO", "SIG", "SIGFOO", "0", "65", "-9", "SIG9", "KILL ", "KILLS", "RTMIN+16", "RTMAX-15"])(
  "%j is none",
  (text) => expect(signalForm.test(text)).toBe(false),
);
