// The simulated runtime keeps the contract.

import { systemClock } from "../../src/lib/clock.ts";
import { seededRandom } from "../../src/lib/random.ts";
import type { Program, SimulatedAnswer, SimulatedCheck } from "../../src/runtime/simulated/options.ts";
import { SimulatedRuntime } from "../../src/runtime/simulated/simulated-runtime.ts";
import type { SimulatedImage } from "../../src/runtime/simulated/storage.ts";
import type { RuntimeHarness } from "./contract-subject.ts";
import { runtimeContract } from "./runtime.contract.ts";

const programs: Record<string, (words: string[]) => Program> = {
  forever: () => ({
    runsMs: null,
    exitCode: 0,
    answer: (check) => commandAnswers[check.type === "exec" ? check.command[0]! : "bad"]!,
  }),
  stubborn: () => ({ runsMs: null, exitCode: 0, ignoresStop: true }),
  exit: ([code]) => ({ runsMs: 2, exitCode: Number(code) }),
  print: ([stdout, stderr]) => ({ runsMs: 1, exitCode: 0, stdout: stdout!, stderr: stderr! }),
  serve: ([port]) => ({ runsMs: null, exitCode: 0, answer: (check) => answerOf(check, Number(port)) }),
  missing: () => ({ runsMs: 0, exitCode: 127, startError: "no such program" }),
};

function answerOf(check: SimulatedCheck, port: number): SimulatedAnswer {
  if (check.type === "exec") return commandAnswers[check.command[0]!]!;
  if (check.type === "health" || check.port !== port) return "closed";
  return { good: check.type === "tcp" || check.path === "/" };
}

const commandAnswers: Record<string, SimulatedAnswer> = {
  good: { good: true },
  bad: { good: false, output: "out\nerr\n" },
  hang: "silent",
};

async function open(): Promise<RuntimeHarness> {
  const images = new Map<string, SimulatedImage>([["demo", { present: true, pullMs: 1, sizeBytes: 1 }]]);
  const runtime = new SimulatedRuntime({
    clock: systemClock,
    random: seededRandom(7),
    images,
    disk: { totalBytes: 1000, otherBytes: 100 },
    program: ({ command, args }) => {
      const [name, ...words] = [...command, ...args];
      return programs[name!]!(words);
    },
    delayMs: { min: 0, max: 2 },
  });
  return {
    runtime,
    image: "demo",
    missingImage: "127.0.0.1:1/missing:none",
    programs: {
      forever: ["forever"],
      stubborn: ["stubborn"],
      exit: (code) => ["exit", String(code)],
      print: (stdout, stderr) => ["print", stdout, stderr],
      longLine: ["print", `first\n${"x".repeat(40_000)}\nlast`, ""],
      unstartable: ["missing"],
      serve: (port) => ["serve", String(port)],
    },
    commands: { good: ["good"], bad: ["bad"], hang: ["hang"] },
    others: {
      async makeImage(name) {
        images.set(name, { present: true, pullMs: 1, sizeBytes: 1 });
      },
      async nameImage(image, name) {
        images.set(name, { ...images.get(image)!, imageId: runtime.storage.idOf(image) });
      },
      async makeVolume(name) {
        runtime.storage.putVolume(name);
      },
    },
    clusterId: "simulated",
    close: async () => {},
  };
}

runtimeContract("the simulated runtime", open);
