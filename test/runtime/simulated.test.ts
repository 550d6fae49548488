// The simulated runtime keeps the contract.

import { systemClock } from "../../src/lib/clock.ts";
import { seededRandom } from "../../src/lib/random.ts";
import { type Program, SimulatedRuntime } from "../../src/runtime/simulated.ts";
import { runtimeContract } from "./runtime.contract.ts";

const programs: Record<string, (words: string[]) => Program> = {
  forever: () => ({ runsMs: null, exitCode: 0 }),
  stubborn: () => ({ runsMs: null, exitCode: 0, ignoresStop: true }),
  exit: ([code]) => ({ runsMs: 2, exitCode: Number(code) }),
  print: ([stdout, stderr]) => ({ runsMs: 1, exitCode: 0, stdout: stdout!, stderr: stderr! }),
  missing: () => ({ runsMs: 0, exitCode: 127, startError: "no such program" }),
};

runtimeContract("the simulated runtime", async () => ({
  runtime: new SimulatedRuntime({
    clock: systemClock,
    random: seededRandom(7),
    images: new Map([["demo", { present: true, pullMs: 1, sizeBytes: 1 }]]),
    program: ({ command, args }) => {
      const [name, ...words] = [...command, ...args];
      return programs[name!]!(words);
    },
    delayMs: { min: 0, max: 2 },
  }),
  image: "demo",
  missingImage: "127.0.0.1:1/missing:none",
  programs: {
    forever: ["forever"],
    stubborn: ["stubborn"],
    exit: (code) => ["exit", String(code)],
    print: (stdout, stderr) => ["print", stdout, stderr],
    unstartable: ["missing"],
  },
  clusterId: "simulated",
  close: async () => {},
}));
