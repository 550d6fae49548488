// What each container of a task of several is to do: one row for each case, and what holds whatever the containers do.

import { describe, expect, test } from "bun:test";
import { container } from "../../../../test/worker/samples.ts";
import { randomInteger, seededRandom } from "../../../lib/random.ts";
import type { TaskId } from "../../../model/ids.ts";
import { specDefaults } from "../../../model/task/spec.ts";
import type { ContainerState } from "../../../runtime/containers.ts";
import { type Assignment, parseAssignment } from "../assignment.ts";
import { newProgress } from "../attempts.ts";
import { reduce } from "../reduce.ts";
import { step } from "../step.ts";
import { type Directive, type Fate, type Member, memberAssignment, memberNames, partOf } from "./members.ts";
import { type PodStep, stepPod } from "./step-pod.ts";

const taskId = "20250119120000-aaaaaaaa" as TaskId;
const now = Date.parse("2025-01-19T12:00:00.000Z");
const at = (secondsAgo: number) => new Date(now - secondsAgo * 1000).toISOString();
const free: Directive = { act: "run", hold: null, sandbox: null, repeats: false };

/** app waits for migrate and for db, db is a sidecar; init runs before all of them. */
function assignment(more: object = {}): Assignment {
  return parseAssignment({
    ...{ taskId, name: "web" },
    init: [{ name: "init", image: "i" }],
    containers: [
      { name: "app", image: "a", dependsOn: { migrate: "completed", db: "healthy" } },
      { name: "migrate", image: "m" },
      { name: "db", image: "d", sidecar: true },
    ],
    ...more,
  });
}

const runs: Partial<ContainerState> = { startedAt: at(10), joined: "c1" };
const ended = (exitCode: number, secondsAgo = 5): Partial<ContainerState> => ({
  ...{ status: "exited", startedAt: at(10), finishedAt: at(secondsAgo), exitCode, joined: "c1" },
});

interface Known {
  found?: Partial<ContainerState>;
  busy?: boolean;
  healthy?: boolean;
}

/** Members as their runners would know them: what is not named is not created yet. */
function members(of: Assignment, known: Record<string, Known>): Member[] {
  return memberNames(of.spec).map((name) => {
    const { found, busy = false, healthy = true } = known[name] ?? {};
    const own = memberAssignment(of, name, free)!;
    const fresh = newProgress(own);
    const state = found ? container({ container: name, ...found }) : null;
    const progress = {
      ...fresh,
      found: state,
      attempts: { ...fresh.attempts, hadContainer: state !== null, hasRun: state !== null },
    };
    const said = state ? step(progress, now).report : null;
    const spec = [...of.spec.init, ...of.spec.containers].find((one) => one.name === name) ?? null;
    return { name, part: partOf(of.spec, name)!, spec, progress, busy, healthy, said };
  });
}

function stepped(known: Record<string, Known>, more: object = {}, fate: Fate | null = null): PodStep {
  const of = assignment(more);
  return stepPod({ assignment: of, members: members(of, known), fate }, now);
}

/** "app: run" or "app: waits for db to be healthy". */
const said = ({ directives }: PodStep) =>
  Object.fromEntries(
    [...directives].map(([name, { act, hold }]) => [name, hold === null ? act : hold.replace(`${name} `, "")]),
  );

const sandbox: Known = { found: { startedAt: at(20) } };
const done: Known = { found: ended(0) };
const up: Known = { found: runs };

test("a restart is reported when the container runs: a start that waits for a volume does not count", () => {
  const of = assignment();
  const restarts = (found: Partial<ContainerState>) => {
    const all = members(of, { sandbox, init: done, migrate: done, db: up, app: { found } });
    const known = all.map((member) => {
      const attempts = { ...member.progress.attempts, restarts: 3, startCounted: true };
      return member.name === "app" ? { ...member, progress: { ...member.progress, attempts } } : member;
    });
    const { report } = stepPod({ assignment: of, members: known, fate: null }, now);
    return [report?.restarts, report?.several?.containers.find(({ name }) => name === "app")?.restarts];
  };
  expect([restarts(ended(1)), restarts(runs)]).toEqual([
    [2, 2],
    [3, 3],
  ]);
});

describe("while it is to run", () => {
  const rows: [title: string, known: Record<string, Known>, directives: Record<string, string>][] = [
    [
      "the sandbox comes first",
      {},
      { sandbox: "run", init: "waits for the network of the task", app: "waits for the network of the task" },
    ],
    [
      "then the init container",
      { sandbox },
      { init: "run", app: "waits for the init container init", db: "waits for the init container init" },
    ],
    [
      "then the others, in their order",
      { sandbox, init: done },
      { migrate: "run", db: "run", app: "waits for migrate to complete" },
    ],
    [
      "one that depends on two waits for both",
      { sandbox, init: done, migrate: done },
      { app: "waits for db to be healthy" },
    ],
    [
      "one that runs is not healthy by that alone",
      { sandbox, init: done, migrate: done, db: { ...up, healthy: false } },
      { app: "waits for db to be healthy" },
    ],
    ["when all holds, it starts", { sandbox, init: done, migrate: done, db: up }, { app: "run" }],
    [
      "one in the network of a dead sandbox is not healthy",
      { sandbox: { found: { startedAt: at(2) } }, init: done, migrate: done, db: up },
      { app: "waits for db to be healthy", db: "run" },
    ],
    [
      "what has completed stays completed while the engine is asked for it",
      { sandbox, init: { ...done, busy: true }, migrate: { ...done, busy: true }, db: up },
      { app: "run", init: "run" },
    ],
  ];
  test.each(rows)("%s", (_, known, directives) => {
    expect(said(stepped(known))).toMatchObject(directives);
  });

  test("init containers that someone has removed are left alone when the task runs", () => {
    expect(said(stepped({ sandbox, migrate: done, db: up, app: up }, { status: "running" }))).toMatchObject({
      init: "idle",
      app: "run",
    });
  });
});

describe("init containers, when the sandbox is another one than that of their work", () => {
  const other: Known = { found: { startedAt: at(2), containerId: "c2" } };
  const recorded = (name: string, status: string) => ({ name, status, containerId: "c0", exitCode: 0 });
  const more = {
    status: "running",
    init: [{ image: "i", ...recorded("init", "completed") }],
    containers: [
      { image: "a", dependsOn: { migrate: "completed", db: "healthy" }, ...recorded("app", "running") },
      { image: "m", ...recorded("migrate", "completed") },
      { image: "d", sidecar: true, ...recorded("db", "running") },
    ],
  };
  const repeats = ({ directives }: PodStep) =>
    [...directives].flatMap(([name, directive]) => (directive.repeats ? [name] : []));

  test("they run again before the others when nothing of the task is left; a main one that has finished does not", () => {
    const gone = stepped({}, more);
    expect(repeats(gone)).toEqual(["init"]);
    const made = stepped({ sandbox: other }, more);
    expect(made.fate).toBeNull();
    expect(repeats(made)).toEqual(["init"]);
    expect(said(made)).toMatchObject({
      init: "run",
      app: "waits for the init container init",
      migrate: "idle",
      db: "waits for the init container init",
    });
  });

  test("also with the policy never, and it is no restart after a loss", () => {
    const of = assignment({ ...more, restartPolicy: { ...specDefaults.restartPolicy, mode: "never" } });
    const own = memberAssignment(of, "init", { ...free, repeats: true })!;
    const { progress } = reduce(newProgress(null), { type: "assigned", assignment: own, deleted: false }, now);
    expect(progress.attempts.hadContainer).toBe(false);
    expect(step(progress, now)).toEqual({ action: { type: "create" }, report: null });
  });

  test("one that is there still is removed, when the containers of the old network have stopped", () => {
    const late = { sandbox: other, init: done, migrate: done, app: up };
    expect(said(stepped(late, more))).toMatchObject({
      init: "waits for app to stop",
      app: expect.stringMatching(/init/),
    });
    const stopped = stepped({ sandbox: other, init: done, migrate: done }, more);
    expect(said(stopped)).toMatchObject({ init: "run", migrate: "waits for the init container init" });
    const own = memberAssignment(assignment(more), "init", stopped.directives.get("init")!)!;
    const found = container({ container: "init", ...ended(0) });
    expect(step({ ...newProgress(own), found }, now).action).toEqual({
      ...{ type: "remove", containerId: found.containerId, rejoin: true },
    });
  });

  test("one that has ended in the new network has done its work there", () => {
    const again = { sandbox: other, init: { found: { ...ended(0), joined: "c2" } } };
    expect(repeats(stepped(again, more))).toEqual([]);
    expect(said(stepped(again, more))).toMatchObject({ db: "run", app: "waits for db to be healthy" });
  });

  test("a sandbox that was only started again is the same one", () => {
    const again = { sandbox: { found: { startedAt: at(2) } }, init: done, migrate: done, db: up, app: up };
    expect(repeats(stepped(again, more))).toEqual([]);
    expect(said(stepped(again, more))).toMatchObject({ init: "run", db: "run" });
  });

  test("one that someone has removed is known by the containers that came after it", () => {
    expect(repeats(stepped({ sandbox, db: { found: ended(1) } }, more))).toEqual([]);
    expect(repeats(stepped({ sandbox, db: { found: { ...ended(1), joined: "c0" } } }, more))).toEqual(["init"]);
  });
});

describe("its end", () => {
  const all = { sandbox, init: done, migrate: done, db: up };

  test("a main container that fails decides it; the others are stopped before the sidecar and the network", () => {
    const ending = stepped({ ...all, migrate: up, app: { found: ended(3) } });
    expect(ending.fate).toMatchObject({
      status: "failed",
      reason: { code: "exited", message: "app: exited with code 3" },
    });
    expect(said(ending)).toEqual({ sandbox: "idle", init: "idle", app: "idle", migrate: "stop", db: "idle" });
    expect(ending.report).toMatchObject({ status: "running", reason: { code: "stopping" } });
  });

  test("the sidecar is stopped when the main containers have ended, then the network, then it is reported", () => {
    const fate: Fate = { status: "failed", reason: { code: "exited", message: "app: exited with code 3" } };
    const mains = { ...all, app: { found: ended(3) } };
    expect(said(stepped(mains, {}, fate))).toMatchObject({ db: "stop", sandbox: "idle" });
    const last = { ...mains, db: { found: ended(143) } };
    expect(said(stepped(last, {}, fate))).toMatchObject({ sandbox: "stop" });
    const over = stepped({ ...last, sandbox: { found: { ...ended(137), startedAt: at(20) } } }, {}, fate);
    expect(over.report).toMatchObject({ status: "failed", reason: fate.reason, finishedAt: at(5) });
  });

  test("of two that failed, the cause is the one that ended first", () => {
    const ending = stepped({ ...all, migrate: { found: ended(1, 3) }, app: { found: ended(2, 4) } });
    expect(ending.fate?.reason.message).toBe("app: exited with code 2");
  });

  test("nothing is decided while an action is under way: the log of the last run may not be read yet", () => {
    expect(stepped({ ...all, app: { found: ended(3), busy: true } }).fate).toBeNull();
  });

  test("it completes when every main container has", () => {
    expect(stepped({ ...all, app: done }).fate).toMatchObject({ status: "completed" });
    expect(stepped({ ...all, app: up }).fate).toBeNull();
  });

  test("a task that is not assigned here any more is stopped in the same order", () => {
    const of = assignment();
    const directives = stepPod({ assignment: null, members: members(of, { ...all, app: up }), fate: null }, now);
    expect(said(directives)).toMatchObject({ app: "stop", db: "idle", sandbox: "idle" });
  });
});

test("whatever the containers do: no start without its conditions, no sandbox that stops before its users", () => {
  const random = seededRandom(5);
  const pick = <T>(values: readonly T[]) => values[randomInteger(random, values.length)]!;
  const states: (Partial<ContainerState> | undefined)[] = [
    undefined,
    runs,
    ended(0),
    ended(1),
    { status: "created", startedAt: null, joined: "c1" },
  ];
  const seen = new Set<string>();
  for (let round = 0; round < 3000; round++) {
    const names = ["sandbox", "init", "app", "migrate", "db"];
    const known = Object.fromEntries(
      names.map((name) => {
        const found = pick(states);
        const state = found && name === "sandbox" ? { ...found, startedAt: found.startedAt ? at(20) : null } : found;
        return [name, { ...(state ? { found: state } : {}), busy: pick([true, false]), healthy: pick([true, false]) }];
      }),
    );
    const desired = pick(["running", "stopped", "draining"] as const);
    const result = stepped(known, { desired });
    const directive = (name: string) => result.directives.get(name)!;
    const running = (name: string) =>
      known[name]!.found === runs || (known[name]!.found?.status === undefined && known[name]!.found !== undefined);
    const starts = (name: string) => directive(name).act === "run" && directive(name).hold === null;
    if (starts("app")) {
      expect(running("sandbox") && running("db") && known.db!.healthy).toBe(true);
      expect(
        [known.init, known.migrate].every((one) => one!.found?.status === "exited" && one!.found.exitCode === 0),
      ).toBe(true);
      seen.add("app starts");
    }
    if (directive("sandbox").act === "stop") {
      for (const name of names.slice(1)) expect(running(name) || known[name]!.busy).toBe(false);
      seen.add("sandbox stops");
    }
    if (result.report && ["failed", "completed", "stopped"].includes(result.report.status)) {
      for (const name of names) expect(running(name)).toBe(false);
      seen.add(result.report.status);
    }
  }
  expect([...seen].sort()).toEqual(["app starts", "failed", "sandbox stops", "stopped"]);
});
