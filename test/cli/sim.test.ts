// podling sim: report, flags, exit codes by class, many seeds in child processes, and that the printed command repeats a
// failure. Runs are real and short; a checker of the test causes the failures.

import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { exitCodes } from "../../src/cli/command/exit-codes.ts";
import type { Child, Io } from "../../src/cli/command/io.ts";
import { faultGroupNames } from "../../src/cli/commands/sim/simulator.ts";
import type { Checker } from "../../src/sim/checkers/checker.ts";
import { faultGroups } from "../../src/sim/faults/fault-kinds.ts";
import { drawPlan } from "../../src/sim/faults/plan.ts";
import { type Asked, podling, start, until } from "./harness.ts";

/** A run takes seconds of one core, but minutes on a busy machine. */
setDefaultTimeout(180_000);

const short = "--nodes 2 --hours 0.004";

/** Fails a run when a batch with a command of this name is on the disk. */
function failsAt(cause: string, failureClass: Checker["class"] = "safety"): Checker {
  const hooks: Checker["hooks"] = (_, fail) => ({
    batch: ({ batch }) => {
      if (batch.commands.some(({ type }) => type === cause)) fail(`batch ${batch.revision} is of ${cause}`);
    },
  });
  return { name: `no-${cause}`, sentence: `No batch is caused by ${cause}.`, class: failureClass, hooks };
}

test("the fault groups are those of the simulator", () => {
  expect<readonly string[]>(faultGroupNames).toEqual(faultGroups);
});

describe("one seed", () => {
  test("prints the report on stdout and the duration on stderr", async () => {
    const ran = await podling(`sim --seed 3 ${short} --twice`);
    expect(ran).toMatchObject({ code: 0, err: expect.stringMatching(/ node-hours\/s\n$/) });
    const rows = Object.fromEntries(ran.out.split("\n").map((line) => [line.slice(0, 12).trim(), line.slice(14)]));
    expect(rows).toMatchObject({ seed: "3", nodes: "2", verdict: "ok, and a second run was the same" });
    expect(rows.hash).toMatch(/^[0-9a-f]{8}$/);
    expect(rows["virtual time"]).toMatch(/^1m \d+s, with faults for 14 s$/);
    expect(rows.convergence).toMatch(/ s after the faults ended$/);
    expect(Number(rows.checks!.replace(",", ""))).toBeGreaterThan(100);
  });

  test("-o json has the same figures, and the hash is reproducible", async () => {
    const [text, again] = [await podling(`sim --seed 3 ${short} -o json`), await podling(`sim --seed 3 ${short}`)];
    const value = JSON.parse(text.out);
    expect(value).toMatchObject({ seed: 3, verdict: "ok", failure: null, command: null, repeated: false });
    expect(value.report).toMatchObject({ plan: { seed: 3, nodes: 2, durationMs: 14_400 }, failure: null });
    expect(again.out).toContain(`hash          ${value.report.hash}\n`);
  });

  test("--faults none causes no faults; --keep only the named ones", async () => {
    const reportOf = async (words: string) => JSON.parse((await podling(`sim --seed 5 -o json ${words}`)).out).report;
    expect((await reportOf(`${short} --faults none`)).faults).toEqual({});
    const all = await reportOf("--nodes 2 --hours 0.05");
    expect(all.plan.faults.length).toBeGreaterThan(1);
    const one = all.plan.faults[1];
    const kept = await reportOf(`--nodes 2 --hours 0.05 --keep ${one.index}`);
    expect(kept.plan.faults).toEqual([one]);
  });

  test("--trace writes one line per event and does not change the run", async () => {
    const written: Record<string, string> = {};
    const traced = await podling(`sim --seed 3 ${short} --trace run.log`, { written });
    expect(traced.out).toBe((await podling(`sim --seed 3 ${short}`)).out);
    const lines = written["run.log"]!.trimEnd().split("\n");
    expect(lines[0]).toBe("     0.000 master/master#1 starts");
    expect(lines.every((line) => /^ *\d+\.\d{3} \S/.test(line))).toBe(true);
    expect(lines.some((line) => /batch \d+ createTask \d+$/.test(line))).toBe(true);
    expect(lines.filter((line) => line.endsWith(" everything is repaired"))).toHaveLength(1);
  });

  test.each([
    ["safety", exitCodes.safety],
    ["liveness", exitCodes.liveness],
    ["crash", exitCodes.crash],
  ] as const)("a failure of class %s", async (failureClass, code) => {
    const ran = await podling(`sim --seed 3 ${short}`, { checkers: [failsAt("registerNode", failureClass)] });
    expect(ran.code).toBe(code);
    expect(ran.out).toMatch(new RegExp(`^verdict {7}${failureClass}: no-registerNode$`, "m"));
    expect(ran.out).toMatch(/^reason {8}at 0\.\d{3} s: batch 2 is of registerNode$/m);
    expect(ran.out).toContain("repeat        podling sim --seed 3 --nodes 2 --hours 0.004\n");
  });

  test("a broken invariant is a crash with a stack", async () => {
    const broken: Checker = {
      ...failsAt("registerNode"),
      hooks: () => ({
        batch: () => {
          throw new Error("out of its mind");
        },
      }),
    };
    const { code, out } = await podling(`sim --seed 3 ${short}`, { checkers: [broken] });
    expect(code).toBe(exitCodes.crash);
    expect(out).toMatch(/reason {8}at 0\.\d+ s: Error: out of its mind\n {8}.*sim\.test\.ts/);
  });

  test("a run that differs is a crash, and its command has --twice", async () => {
    let runs = 0;
    const differs: Checker = {
      ...failsAt("nothing"),
      hooks: ({ world }) => {
        world.note(`run ${++runs}`);
        return {};
      },
    };
    const { code, out } = await podling(`sim --seed 3 ${short} --twice`, { checkers: [differs] });
    expect(code).toBe(exitCodes.crash);
    expect(out).toMatch(/two runs of the same seed gave different hashes: [0-9a-f]{8} and [0-9a-f]{8}\n/);
    expect(out).toContain("repeat        podling sim --seed 3 --nodes 2 --hours 0.004 --twice\n");
  });

  test("Ctrl-C ends it", async () => {
    const running = start("sim --nodes 20 --hours 100".split(" "));
    await until(() => running.err().includes("seed 1: "));
    running.interrupt();
    expect(await running.ended).toMatchObject({ code: exitCodes.interrupted, out: "" });
  });
});

describe("shrinking", () => {
  /** Fails at the second start of a master, which needs a crash and no other fault. */
  const secondStart: Checker = {
    ...failsAt("second start"),
    hooks: (_, fail) => {
      let starts = 0;
      return {
        recovered: () => {
          if (++starts > 1) fail("a master started again");
        },
      };
    },
  };

  test("the printed command is small and fails the same way", async () => {
    const asked: Asked = { checkers: [secondStart] };
    // The meaning of a seed changes with the code, so this searches one with a crash of the master among other faults.
    const crashes = (seed: number) => {
      const { faults } = drawPlan({ seed, hours: 0.03, groups: faultGroups });
      return faults.length > 3 && faults.some(({ kind }) => kind === "master-crash");
    };
    let seed = 1;
    while (!crashes(seed)) seed++;
    const first = await podling(`sim --seed ${seed} --nodes 3 --hours 0.03 --shrink`, asked);
    expect(first.code).toBe(exitCodes.safety);
    const [, command, runs] = /^repeat +podling (sim .*?) +\(reduced in (\d+) runs?\)$/m.exec(first.out)!;
    expect(Number(runs)).toBeGreaterThan(1);
    expect(command).toMatch(new RegExp(`^sim --seed ${seed} --nodes 1 --hours 0\\.\\d+ --keep \\d+$`));
    const again = await podling(command!, asked);
    expect(again.code).toBe(exitCodes.safety);
    const reason = /^reason .*$/m;
    expect(reason.exec(again.out)![0]).toBe(reason.exec(first.out)![0]);
    expect((await podling(command!)).code).toBe(exitCodes.done);
  });
});

describe("many seeds", () => {
  test("in one process: failures as they happen, then the totals", async () => {
    const { code, out } = await podling(`sim --seed 19 --seeds 2 --jobs 1 ${short}`, {
      checkers: [failsAt("registerNode")],
    });
    expect(code).toBe(exitCodes.safety);
    expect(out).toMatch(/^seed 19: safety, no-registerNode\n {2}at 0\.\d+ s: batch 2 is of registerNode\n/);
    expect(out).toContain("  repeat: podling sim --seed 20 --nodes 2 --hours 0.004\n");
    expect(out).toMatch(/^seeds {9}2; 1 run twice with the same hash$/m);
    expect(out).toMatch(/^verdict {7}2 failed: 2 safety$/m);
  });

  test("in child processes: each seed once, with the result of a single run", async () => {
    const { code, out } = await podling(`sim --seed 40 --seeds 5 --jobs 2 ${short} -o json`);
    const lines = out
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect({ code, last: lines.pop() }).toMatchObject({ code: 0, last: { totals: { seeds: 5, verdict: "ok" } } });
    expect(lines.map(({ seed }) => seed).sort()).toEqual([40, 41, 42, 43, 44]);
    expect(lines.filter(({ repeated }) => repeated).map(({ seed }) => seed)).toEqual([40]);
    const alone = JSON.parse((await podling(`sim --seed 42 ${short} -o json`)).out);
    expect(lines.find(({ seed }) => seed === 42).report).toEqual(alone.report);
  });

  test("a process that dies fails its seed, and another continues with the next seed", async () => {
    const begun: string[][] = [];
    const { code, out } = await podling(`sim --seed 1 --seeds 8 --jobs 2 ${short}`, { spawn: dying(begun, 3) });
    expect(code).toBe(exitCodes.crash);
    expect(out).toContain(
      "seed 3: crash, process\n  at 0.000 s: the process that ran it was ended by SIGKILL\n  repeat: podling sim --seed 3 --nodes 2 --hours 0.004\n",
    );
    expect(out).toMatch(/^seeds {9}8; /m);
    expect(out).toMatch(/^verdict {7}1 failed: 1 crash$/m);
    for (const words of begun) expect(words.join(" ")).toEndWith(`${short.split(" --")[0]} --hours 0.004`);
  });

  test("the most serious failure decides the exit code", async () => {
    const verdicts = ["ok", "liveness", "crash", "safety", "liveness"] as const;
    for (const [count, code] of [
      [1, exitCodes.done],
      [2, exitCodes.liveness],
      [3, exitCodes.crash],
      [5, exitCodes.safety],
    ] as const) {
      const spawn: Io["spawn"] = (words) => played(words, (seed) => verdicts[seed - 1]!);
      expect((await podling(`sim --seeds ${count + 1} --seed 0 --jobs 2`, { spawn })).code).toBe(code);
    }
  });

  test("Ctrl-C ends the processes and prints the totals so far", async () => {
    const killed: string[] = [];
    const spawn: Io["spawn"] = (words) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      async function* lines() {
        yield outcome(Number(words[2]), "ok");
        await promise;
      }
      const kill = () => {
        killed.push(words[2]!);
        resolve();
      };
      return { lines: lines(), ended: promise.then(() => "was ended by SIGTERM"), kill };
    };
    const running = start("sim --seeds 100 --jobs 2".split(" "), { spawn });
    await until(() => running.err().includes("2 of 100 seeds"));
    running.interrupt();
    const { code, out } = await running.ended;
    expect(code).toBe(exitCodes.interrupted);
    expect(out).toMatch(/^seeds {9}2; /m);
    expect(new Set(killed).size).toBe(2);
  });
});

describe("usage errors", () => {
  test.each([
    ["--faults crsh", "--faults: expected all, none, or a list of crash,partition,", "Did you mean crash?"],
    ["--faults crash,", "--faults: expected", ""],
    ["--faults all,crash", "--faults: expected", ""],
    ["--seed -1", "--seed", ""],
    ["--seed 4294967296", "--seed: expected a whole number from 0 to 4294967295", ""],
    ["--nodes 0", "--nodes: expected a whole number from 1 to 1000", ""],
    ["--nodes 1001", "--nodes: expected a whole number from 1 to 1000", ""],
    ["--hours 0", "--hours: expected a number of hours above 0 and up to 8760, such as 24 or 0.05", ""],
    ["--hours 1e3", "--hours: expected", ""],
    ["--hours 8761", "--hours: expected", ""],
    ["--keep 3;4", "--keep: expected numbers of faults such as 3,7,12", ""],
    ["--seeds 0", "--seeds: expected a whole number from 1 to 1000000", ""],
    ["--seed 4294967290 --seeds 10", "--seeds: 10 seeds from 4294967290 go beyond the last seed, 4294967295", ""],
    ["--jobs 2", "--jobs requires --seeds", "Add --seeds N."],
    ["--seeds 2 --jobs 0", "--jobs: expected a whole number from 1 to 512", ""],
    ["--seeds 2 --keep 1", "--keep works with one seed only", "Remove --seeds."],
    ["--seeds 2 --trace f", "--trace works with one seed only", "Remove --seeds."],
    ["42", 'unexpected "42": sim takes no arguments', ""],
  ])("podling sim %s", async (words, says, next) => {
    const { code, out, err } = await podling(`sim ${words}`);
    expect({ code, out }).toEqual({ code: exitCodes.usage, out: "" });
    expect(err).toContain(says);
    expect(err).toContain(next);
  });

  test("a trace file that cannot be written is reported before the run", async () => {
    const { code, err } = await podling("sim --hours 1000 --trace /nowhere/run.log");
    expect(code).toBe(exitCodes.error);
    expect(err).toStartWith("error: --trace: cannot write /nowhere/run.log: no such folder. ");
  });
});

function outcome(seed: number, verdict: string): string {
  const failure = verdict === "ok" ? null : { class: verdict, checker: "played", message: "so it was", atMs: 0 };
  const command = failure && `podling sim --seed ${seed}`;
  return JSON.stringify({ seed, verdict, failure, command, shrinkRuns: 0, repeated: false, report: null });
}

/** A child that runs its seeds at once. */
function played(words: readonly string[], verdictOf: (seed: number) => string | null): Child {
  const first = Number(words[2]);
  const seeds = Array.from({ length: Number(words[4]) }, (_, index) => first + index);
  let ended = "ended with code 0";
  async function* lines() {
    for (const seed of seeds) {
      const verdict = verdictOf(seed);
      if (verdict === null) {
        ended = "was ended by SIGKILL";
        return;
      }
      yield outcome(seed, verdict);
    }
    yield JSON.stringify({ totals: {} });
  }
  const { promise, resolve } = Promise.withResolvers<string>();
  async function* thenEnd() {
    yield* lines();
    resolve(ended);
  }
  return { lines: thenEnd(), ended: promise, kill() {} };
}

/** Children that die without output at that seed. */
function dying(begun: string[][], at: number): Io["spawn"] {
  return (words) => {
    begun.push([...words]);
    return played(words, (seed) => (seed === at ? null : "ok"));
  };
}
