// The auditor's rules for single tasks, one row a case: which ends and restarts a fault explains, and which it does not.

import { describe, expect, test } from "bun:test";
import type { TaskId } from "../../src/model/ids.ts";
import { checkEnd, checkRuns } from "./audit-rules.ts";
import type { Entry, KnownTask, Run } from "./book.ts";
import { FaultLog } from "./fault-log.ts";

const hostOf = (nodeId: string | null) => nodeId?.replace("node-", "") ?? null;

const known = (more: object = {}): KnownTask => ({
  ...{ taskId: "t1" as TaskId, nodeId: "node-n1" as never, containerId: "aaaaaaaaaaaa0000" },
  ...{ status: "completed", desired: "running", exitCode: 0, restarts: 0, replacedBy: null },
  ...{ code: "exited", message: "exited with code 0", finishedMs: 1_200, ...more },
});

const entry = (lineage: KnownTask[], more: object = {}): Entry => ({
  ...{ name: "x", kind: "job", exitCode: 0, policy: "never", askedMs: 1_000, endedMs: 2_000, removed: false },
  ...{ lineage, ...more },
});

const runs = (...containers: string[]): Run[] => containers.map((container) => ({ name: "x", container }));

const faultsOf = (...faults: [kind: string, host: string, fromMs: number, toMs: number][]): FaultLog => {
  const log = new FaultLog();
  for (const [kind, host, fromMs, toMs] of faults)
    log.faults.push({ kind: kind as never, host, fromMs, toMs, wholeMs: toMs });
  return log;
};
const none = faultsOf();

describe("runs", () => {
  const a = "aaaaaaaaaaaa";
  const b = "bbbbbbbbbbbb";
  const service = { kind: "service", policy: "always" };
  const killed = faultsOf(["worker killed", "n1", 1_500, 1_800]);
  const crashed = faultsOf(["engine killed", "n1", 1_500, 1_800]);
  const elsewhere = faultsOf(["engine killed", "n2", 1_500, 1_800]);
  const rows: [what: string, Entry, Run[], FaultLog, found: RegExp | null][] = [
    ["once", entry([known()]), runs(a), none, null],
    ["twice in one container", entry([known()]), runs(a, a), none, /2 times in container a+; 1 can/],
    ["twice, and a killed worker is no excuse for a job", entry([known()]), runs(a, a), killed, /2 times/],
    ["twice, because its engine was killed in the middle of the start", entry([known()]), runs(a, a), crashed, null],
    ["twice, and another host's engine was killed", entry([known()]), runs(a, a), elsewhere, /2 times/],
    ["three times, and the engine was killed once", entry([known()]), runs(a, a, a), crashed, /3 times.*; 2 can/],
    ["in two containers", entry([known()]), runs(a, b), none, /2 containers, and was placed 1/],
    ["in two containers, and a job is not started again", entry([known()]), runs(a, b), crashed, /2 containers/],
    [
      "in two containers, because an engine that was killed could not start the first again",
      ...([entry([known({ restarts: 1, containerId: b })], service), runs(a, b), crashed, null] as const),
    ],
    [
      "in two containers, and no restart was counted",
      ...([entry([known({ containerId: b })], service), runs(a, b), crashed, /2 containers.*0 restarts/] as const),
    ],
    [
      "in two containers, and another host's engine was killed",
      ...([entry([known({ restarts: 1 })], service), runs(a, b), elsewhere, /2 containers/] as const),
    ],
    ["in two containers, because it was replaced", entry([known(), known({ containerId: b })]), runs(a, b), none, null],
    ["completed, and never ran", entry([known()]), [], none, /never ran/],
    ["never started", entry([known({ status: "stopped", code: "stopped", exitCode: null })]), [], none, null],
    ["restarted as counted", entry([known({ restarts: 2 })], service), runs(a, a, a), none, null],
    ["restarted more often than counted", entry([known({ restarts: 1 })], service), runs(a, a, a), none, /3 times/],
    ["more often than a killed worker reported", entry([known({ restarts: 1 })], service), runs(a, a, a), killed, null],
  ];
  for (const [what, one, its, faults, found] of rows) {
    test(what, () => {
      const sentences = checkRuns(one, its, faults, hostOf).join("\n");
      if (found === null) expect(sentences).toBe("");
      else expect(sentences).toMatch(found);
    });
  }
});

describe("ends", () => {
  const lost = { status: "failed", code: "node-lost", exitCode: null };
  const ended = { status: "failed", exitCode: 137 };
  const half = { status: "failed", exitCode: 128, code: "start-failed", message: "task 1: already exists" };
  const crash = faultsOf(["engine killed, live-restore", "n1", 1_500, 1_900]);
  const rows: [what: string, Entry, FaultLog, found: RegExp | null][] = [
    ["half started in a crash", entry([known(half)]), crash, null],
    ["half started before its task", entry([known({ ...half, message: "id already in use" })]), crash, null],
    [
      "half started, with what a shim has left",
      ...([
        entry([known({ ...half, message: "failed to start shim: mkdir /run/t1: file exists" })]),
        crash,
        null,
      ] as const),
    ],
    ["half started without one", entry([known(half)]), none, /Nothing explains/],
    ["its code lost in a crash", entry([known({ status: "failed", exitCode: 255 })]), crash, null],
    ["its code forgotten in a crash", entry([known({ finishedMs: 1_700 })], { exitCode: 3 }), crash, null],
    ["code 0 before a crash", entry([known({ finishedMs: 1_400 })], { exitCode: 3 }), crash, /Nothing explains/],
    ["code 0 after a crash", entry([known({ finishedMs: 2_000 })], { exitCode: 3 }), crash, /Nothing explains/],
    ["code 0 without a crash", entry([known()], { exitCode: 3 }), none, /Nothing explains/],
    ["another code in a crash", entry([known({ status: "failed", exitCode: 137 })]), crash, /Nothing explains/],
    ["not started for another reason", entry([known({ ...half, message: "no such command" })]), crash, /Nothing/],
    ["its own", entry([known({ status: "failed", exitCode: 3 })], { exitCode: 3 }), none, null],
    ["another code", entry([known(ended)]), none, /Nothing explains/],
    ["its engine crashed", entry([known(ended)]), faultsOf(["engine killed", "n1", 1_500, 1_900]), null],
    ["the other engine", entry([known(ended)]), faultsOf(["engine killed", "n2", 1_500, 1_900]), /Nothing explains/],
    ["live-restore", entry([known(ended)]), faultsOf(["engine killed, live-restore", "n1", 1_500, 1_900]), /Nothing/],
    ["long after", entry([known(ended)]), faultsOf(["engine killed", "n1", -90_000, -80_000]), /Nothing explains/],
    ["lost, and none was away", entry([known(lost)]), none, /No node was away/],
    ["lost with its cable", entry([known(lost)]), faultsOf(["cable cut", "n1", 1_100, 9_000]), null],
    [
      "lost although the worker was away for a moment only",
      entry([known(lost)]),
      faultsOf(["worker killed", "n1", 1_100, 1_900]),
      /No node/,
    ],
    [
      "lost while the worker was away for long",
      entry([known(lost)]),
      faultsOf(["worker killed", "n1", 1_100, 5_900]),
      null,
    ],
    ["stopped as asked", entry([known({ status: "stopped" })], { kind: "service" }), none, null],
    ["a service that failed", entry([known({ status: "failed" })], { kind: "service" }), none, /Nothing explains/],
  ];
  for (const [what, one, faults, found] of rows) {
    test(what, () => {
      const sentences = checkEnd(one, faults, hostOf).join("\n");
      if (found === null) expect(sentences).toBe("");
      else expect(sentences).toMatch(found);
    });
  }
});
