// podling job with schedules, and a real master whose clock the test does not set: jobs are started by hand, or each second.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { JobView } from "../../src/model/job/view.ts";
import type { ScheduleView } from "../../src/model/schedule/view.ts";
import { Cluster, commandsOf, frame, framed, logServer, runs, until } from "./harness.ts";

let cluster: Cluster;
let server: ReturnType<typeof logServer>;
let nodeId: string;

beforeAll(async () => {
  cluster = new Cluster();
  server = logServer((query) => (query.has("since") ? framed() : framed(frame("stdout", "saved\n"))));
  ({ nodeId } = await cluster.node("n1", { capacity: 1000, version: "1", port: server.port }));
});
afterAll(async () => {
  server.stop();
  await cluster.stop();
});

const commands = commandsOf(() => cluster);
const { podling } = commands;
/** `more`: words with blanks, which a line cannot have. */
const ok = (line: string, ...more: string[]) => commands.ok([...line.split(" "), ...more]);

const create = (name: string, cron: string, more = "") =>
  ok(`job create ${name} --image backup:3${more ? ` ${more}` : ""}`, "--schedule", cron);
const inspect = async (name: string) => JSON.parse(await ok(`job inspect ${name}`)) as ScheduleView;
const jobsOf = async (name: string) => JSON.parse(await ok(`job ls --schedule ${name} -o json`)) as JobView[];

/** Acts as the worker: everything that was placed runs, and has ended with success. */
async function work(): Promise<void> {
  await cluster.client.call("heartbeat", { id: nodeId });
  const listed = await cluster.client.call("listTasks", { query: { status: "scheduled,running" } });
  for (const { taskId, status } of listed.ok ? listed.value! : []) {
    if (status === "scheduled")
      await cluster.report(taskId, { status: "running", containerId: "c0ffee", reason: runs });
    await cluster.report(taskId, { status: "completed", exitCode: 0 });
  }
}

test("create --schedule takes every setting, and prints the id", async () => {
  const settings =
    "--timezone Europe/Berlin --concurrency allow --start-deadline 10m --keep-succeeded 7 --keep-failed 2";
  const out = await create("nightly", "0 3 * * *", `${settings} --completions 2 --ttl 1d`);
  const nightly = await inspect("nightly");
  expect(out).toBe(`${nightly.scheduleId}\n`);
  expect(nightly).toMatchObject({
    ...{ cron: "0 3 * * *", timezone: "Europe/Berlin", concurrency: "allow", startDeadlineMs: 600_000, completions: 2 },
    ...{
      keep: { succeeded: 7, failed: 2 },
      ttlMs: 86_400_000,
      lastDueAt: null,
      missed: 0,
      active: 0,
      suspended: false,
    },
  });
  expect(Date.parse(nightly.nextDueAt!)).toBeGreaterThan(Date.now());
});

test("trigger starts a job now, whose output logs shows by the name of the schedule", async () => {
  await create("manual", "@yearly");
  expect((await podling(["job", "logs", "manual"])).err).toContain("podling job trigger manual");
  const name = (await ok("job trigger manual")).trim();
  expect(name).toMatch(/^manual-\d{14}-[a-z0-9]{4}$/);
  await until(async () => {
    await work();
    return (await jobsOf("manual"))[0]?.status === "completed";
  });
  expect((await jobsOf("manual")).map((job) => job.name)).toEqual([name]);
  expect(await ok("job logs manual")).toBe("saved\n");
  expect(await ok("job logs", name)).toBe("saved\n");
});

test("a schedule of each second starts one job a second, and keeps as many as asked for", async () => {
  await create("often", "* * * * * *", "--keep-succeeded 2");
  const first = await until(async () => {
    await work();
    const jobs = await jobsOf("often");
    return jobs.length >= 2 && jobs.every(({ status }) => status === "completed") ? jobs[0] : null;
  });
  await until(async () => {
    await work();
    return (await jobsOf("often")).every(({ name }) => name > first.name);
  });
  await ok("job rm often");
  expect((await podling(["job", "inspect", "often"])).code).toBe(1);
});

test("ls shows jobs and schedules", async () => {
  await create("listed", "*/15 * * * *");
  const table = await ok("job ls");
  expect(table).toMatch(/^NAME +ID +IMAGE +STATUS/);
  expect(table).toMatch(/\n\nSCHEDULE +ID +TIMES +ZONE +STATE +NEXT +LAST +ACTIVE +MISSED\n/);
  expect(table).toMatch(/\nlisted +\S+ +\*\/15 \* \* \* \* +UTC +waiting +in \d+[sm] +- +0 +0\n/);
  expect(await ok("job ls -o wide")).toContain("starts its next job");
  expect((await ok("job ls -o name")).split("\n")).toContain("listed");
  expect((await ok("job ls -q")).split("\n")).toContain((await inspect("listed")).scheduleId);
  expect((JSON.parse(await ok("job ls -o json")) as object[]).some((one) => "cron" in one)).toBe(true);
});

test("suspend, resume and rm work with schedules", async () => {
  await create("held", "0 3 * * *");
  expect(await ok("job suspend held")).toBe("held suspended\n");
  expect(await inspect("held")).toMatchObject({ suspended: true, nextDueAt: null, reason: { code: "suspended" } });
  expect(await ok("job resume held")).toBe("held resumed\n");
  expect((await inspect("held")).nextDueAt).not.toBeNull();
  expect(await ok("job rm held")).toBe("held\n");
  expect((await podling(["job", "inspect", "held"])).code).toBe(1);
});

test("update changes what is given, and says what has changed", async () => {
  await create("changed", "0 3 * * *", "-e A=b --start-deadline 10m");
  const out = await ok(
    "job update changed --timezone Europe/Berlin --image backup:4 -e C=d",
    "--schedule",
    "30 4 * * *",
  );
  const { nextDueAt, ...changed } = await inspect("changed");
  expect(out.replace(/nextDueAt: .*/, "nextDueAt")).toBe(
    [
      "changed cron: 0 3 * * * -> 30 4 * * *",
      "changed timezone: UTC -> Europe/Berlin",
      "changed nextDueAt",
      "changed spec.containers[0].image: backup:3 -> backup:4",
      "changed spec.containers[0].env.C: none -> d",
      "",
    ].join("\n"),
  );
  expect(nextDueAt).toMatch(/T0[23]:30:00.000Z$/);
  expect(changed).toMatchObject({ startDeadlineMs: 600_000, spec: { containers: [{ env: { A: "b", C: "d" } }] } });
  const again = await podling(["job", "update", "changed", "--image", "backup:4"]);
  expect([again.code, again.out, again.err]).toEqual([0, "", expect.stringContaining("nothing has changed")]);
  expect(await ok("job update changed --start-deadline none --keep-failed 4")).toBe(
    "changed startDeadlineMs: 600000 -> none\nchanged keep.failed: 1 -> 4\n",
  );
  expect(await ok("job update changed --concurrency allow -o name")).toBe("changed\n");
  expect(JSON.parse(await ok("job update changed --ttl 1h -o json"))).toMatchObject({ ttlMs: 3_600_000 });
});

test("update changes the pace and the limits of a job, and refuses another template", async () => {
  await ok("job create paced --image app:1 --completions 9 --deadline 1h");
  expect(await ok("job update paced --parallelism 3 --deadline none")).toBe(
    "paced parallelism: 1 -> 3\npaced deadlineMs: 3600000 -> none\n",
  );
  const other = await podling(["job", "update", "paced", "--image", "app:2"]);
  expect([other.code, other.err.includes("podling job rm paced")]).toEqual([1, true]);
  const timed = await podling(["job", "update", "paced", "--schedule", "0 3 * * *"]);
  expect([timed.code, timed.err.includes("paced is a job without a schedule")]).toEqual([64, true]);
  const none = await podling(["job", "update", "nothing", "--parallelism", "3"]);
  expect([none.code, none.err.includes('there is no job or schedule "nothing"')]).toEqual([1, true]);
});

describe("update shows only what it has changed", () => {
  /** Does something between the request that reads the record and the one that changes it. */
  const meanwhile = (change: () => Promise<unknown>) => ({
    fetch: async (url: string, init: RequestInit) => {
      if (init.method === "PUT") await change();
      return fetch(url, init);
    },
  });

  test("a task of the job fails meanwhile", async () => {
    await ok("job create failing --image app:1 --completions 2 --parallelism 1");
    const fail = async () => {
      await cluster.client.call("heartbeat", { id: nodeId });
      const { taskId } = await until(async () => {
        const listed = await cluster.client.call("listTasks", { query: { status: "scheduled" } });
        return listed.ok ? listed.value!.find(({ name }) => name === "failing.1") : undefined;
      });
      await cluster.report(taskId, { status: "running", containerId: "c0ffee", reason: runs });
      await cluster.report(taskId, { status: "failed", exitCode: 3 });
    };
    const same = await podling("job update failing --parallelism 1", meanwhile(fail));
    expect(same).toMatchObject({ code: 0, out: "", err: expect.stringContaining("nothing has changed") });
    expect(JSON.parse(await ok("job inspect failing"))).toMatchObject({ failed: 1, failedInARow: 1 });
    expect(await ok("job update failing --parallelism 2")).toBe("failing parallelism: 1 -> 2\n");
  });

  test("a job of the schedule starts meanwhile", async () => {
    await create("started", "0 3 * * *");
    const { lastJobId } = await inspect("started");
    const trigger = () => cluster.client.call("triggerSchedule", { id: "started" });
    const same = await podling("job update started --keep-failed 1", meanwhile(trigger));
    expect(same).toMatchObject({ code: 0, out: "", err: expect.stringContaining("nothing has changed") });
    expect((await inspect("started")).lastJobId).not.toBe(lastJobId);
  });
});

test("ls --kind shows only jobs, or only schedules", async () => {
  await create("kind-s", "0 3 * * *");
  await ok("job create kind-j --image app:1");
  const names = async (kind: string) => (await ok(`job ls --kind ${kind} -o name`)).trim().split("\n");
  const [jobs, schedules] = [await names("job"), await names("schedule")];
  expect([jobs.includes("kind-j"), jobs.includes("kind-s")]).toEqual([true, false]);
  expect([schedules.includes("kind-j"), schedules.includes("kind-s")]).toEqual([false, true]);
});

test.each([
  [["--schedule", "61 * * * *"], 1, '"0 3 * * *"'],
  [["--schedule", "0 0 31 2 *"], 1, "is never due"],
  [["--schedule", "0 3 * * *", "--timezone", "Europe/Atlantis"], 1, "Europe/Berlin"],
  [["--timezone", "Europe/Berlin"], 64, "--schedule"],
  [["--schedule", "0 3 * * *", "--concurrency", "never"], 64, "forbid"],
  [["--schedule", "0 3 * * *", "--again"], 64, "--again"],
  [["--schedule", "0 3 * * *", "--restart", "always"], 1, "podling service create"],
] as const)("%p is refused, with what to type", async (flags, code, says) => {
  const ran = await podling(["job", "create", "wrong", "--image", "backup:3", ...flags]);
  expect([ran.code, ran.out]).toEqual([code, ""]);
  expect(ran.err).toContain(says);
  expect((await podling(["job", "inspect", "wrong"])).code).toBe(1);
});

test("a name belongs to one of them, and only schedules are triggered", async () => {
  await create("mine", "0 3 * * *");
  const taken = await podling(["job", "run", "mine", "--image", "app:1"]);
  expect([taken.code, taken.err.includes("podling job trigger mine")]).toEqual([1, true]);
  await ok("job create plain --image app:1");
  const refused = await podling(["job", "trigger", "plain"]);
  expect([refused.code, refused.err.includes('there is no schedule "plain"')]).toEqual([1, true]);
});
