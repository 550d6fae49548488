// podling ps, inspect, explain, wait, stop, rm and prune with a real master.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { TaskView } from "../../src/api/views/task.ts";
import { shortId } from "../../src/cli/render/tasks.ts";
import { Cluster, logServer, runs, until } from "./harness.ts";

let cluster: Cluster;
let web: TaskView;
let waiting: TaskView;
let job: TaskView;
const exited = { code: "exited", message: "exited with code 3" } as const;

beforeAll(async () => {
  cluster = new Cluster();
  await cluster.node("n1", { cpu: 2, memory: "1g" });
  web = await cluster.running("web", { labels: { app: "shop" } });
  waiting = await cluster.create("waiting", { resources: { memory: "2g" } });
  job = await cluster.running("job", { labels: { app: "shop", kind: "job" } });
  job = await cluster.report(job.taskId, { status: "failed", exitCode: 3, reason: exited });
});
afterAll(() => cluster.stop());

describe("ps", () => {
  test("unfinished tasks with node names, and reasons of those that do not run", async () => {
    const { code, out, err } = await cluster.podling("ps");
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toMatch(/^NAME {5}ID {8}IMAGE +STATUS {18}NODE {2}PORTS +AGE\n/);
    expect(out).toMatch(new RegExp(`\nweb {6}${shortId(web.taskId)}  \\S+ +running {17}n1 +\\S+ +\\d+s\n`));
    expect(out).toMatch(
      new RegExp(`\nwaiting  ${shortId(waiting.taskId)}  \\S+ +pending \\(no-node-fits\\)  - +\\S+ +\\d+s\n$`),
    );
  });

  test("-t shows the details of one task", async () => {
    const { code, out } = await cluster.podling(`ps -t ${job.taskId}`);
    expect(code).toBe(0);
    expect(out).toStartWith(`ID:             ${job.taskId}\nName:           job\n`);
    for (const line of ["Status:         failed", "Node:           n1", "Restart policy: never", "Exit code:      3"])
      expect(out).toContain(`\n${line}\n`);
    expect((await cluster.podling("ps --task waiting -q")).out).toBe(`${waiting.taskId}\n`);
    expect((await cluster.podling("ps -t none")).code).toBe(1);
  });

  test.each([
    ["ps -a -o name", "web\nwaiting\njob\n"],
    ["ps -o name", "web\nwaiting\n"],
    ["ps -o name -l app=shop", "web\n"],
    ["ps -a -o name -l app=shop,kind", "job\n"],
    ["ps -a -o name -l app -l kind=job", "job\n"],
    ["ps -o name --filter status=failed,pending", "waiting\njob\n"],
    ["ps -o name --filter name=web --filter node=n1", "web\n"],
    ["ps -o name --filter label=kind", ""],
  ])("podling %s", async (line, out) => {
    expect(await cluster.podling(line)).toEqual({ code: 0, out, err: "" });
  });

  test("-q and -o json", async () => {
    expect((await cluster.podling("ps -q")).out).toBe(`${web.taskId}\n${waiting.taskId}\n`);
    const json = JSON.parse((await cluster.podling("ps -a -o json")).out) as TaskView[];
    expect(json.map(({ name }) => name)).toEqual(["web", "waiting", "job"]);
  });

  test("fits a terminal of 80 columns and colours it; NO_COLOR and --no-color do not", async () => {
    const { out } = await cluster.podling("ps -a", { terminal: 80 });
    expect(out).toContain("\x1b[32mrunning\x1b[39m");
    for (const line of out.split("\n")) expect(Bun.stringWidth(line)).toBeLessThanOrEqual(80);
    expect((await cluster.podling("ps -a --no-color", { terminal: 80 })).out).not.toContain("\x1b");
    expect((await cluster.podling("ps -a", { terminal: 80, env: { NO_COLOR: "1" } })).out).not.toContain("\x1b");
    expect((await cluster.podling("ps -a")).out).not.toContain("\x1b");
  });

  test("no tasks: a sentence on a terminal, an empty table in a pipe", async () => {
    const line = "ps --filter name=unknown";
    expect((await cluster.podling(line, { terminal: 80 })).err).toBe("no task matches\n");
    expect((await cluster.podling(line)).out).toBe("NAME  ID  IMAGE  STATUS  NODE  PORTS  AGE\n");
  });

  test("-w prints a line for each change and for each end", async () => {
    const watching = cluster.start("ps -w --filter name=watched --filter status=pending,scheduled,running");
    await until(() => watching.out().includes("NAME"));
    const { taskId } = await cluster.create("watched");
    await until(() => watching.out().includes("scheduled"));
    await cluster.report(taskId, { status: "running", containerId: "c", reason: runs });
    await until(() => watching.out().includes("running"));
    await cluster.report(taskId, { status: "completed", exitCode: 0, reason: exited });
    await until(() => watching.out().includes("completed"));
    expect(watching.out().trimEnd().split("\n")).toHaveLength(4);
    expect(watching.out()).toContain("n1");
  });

  test("reads all pages of a long list", async () => {
    const pages = [[web], [waiting], [job]];
    const asked: string[] = [];
    const { out } = await cluster.podling("ps -a -q", {
      fetch: async (url) => {
        asked.push(new URL(url).searchParams.get("cursor") ?? "first");
        const page = asked.length;
        const headers: Record<string, string> = { "content-type": "application/json" };
        if (page < 3) headers.link = `</api/v1/tasks?limit=1&cursor=page-${page}>; rel="next"`;
        return new Response(JSON.stringify(pages[page - 1]), { headers });
      },
    });
    expect(asked).toEqual(["first", "page-1", "page-2"]);
    expect(out).toBe(`${web.taskId}\n${waiting.taskId}\n${job.taskId}\n`);
  });

  test.each([
    ["ps --filter status=sleeping", "error: --filter status=sleeping: expected pending, scheduled"],
    ["ps --filter colour=red", 'error: --filter colour=red: unknown key "colour". The keys are'],
    ["ps --filter status", "error: --filter status: expected KEY=VALUE"],
    ["ps -l app!=shop", 'error: "app!=shop" is not a selector'],
    ["ps web", 'error: unexpected "web": ps takes no arguments'],
  ])("podling %s", async (line, says) => {
    const { code, err } = await cluster.podling(line);
    expect(code).toBe(64);
    expect(err).toStartWith(says);
  });
});

describe("inspect and explain", () => {
  test("one task is an object, several are a list; by name, id or prefix", async () => {
    expect(JSON.parse((await cluster.podling("inspect web")).out)).toMatchObject({
      taskId: web.taskId,
      status: "running",
    });
    const both = JSON.parse((await cluster.podling(["inspect", web.taskId, job.taskId.slice(15)])).out) as TaskView[];
    expect(both.map(({ name }) => name)).toEqual(["web", "job"]);
    expect((await cluster.podling("inspect web job -o name")).out).toBe("web\njob\n");
  });

  test("an unknown and an ambiguous task", async () => {
    const none = await cluster.podling("inspect unknown");
    expect(none).toEqual({
      code: 1,
      out: "",
      err: 'error: there is no task "unknown". List all tasks with: podling ps -a\n',
    });
    const many = await cluster.podling("inspect 20");
    expect(many.code).toBe(1);
    expect(many.err).toContain('"20" could be');
  });

  test("explain a waiting task", async () => {
    const { code, out } = await cluster.podling("explain waiting", { terminal: 80, env: { NO_COLOR: "1" } });
    expect(code).toBe(0);
    expect(out).toStartWith(`waiting (${waiting.taskId}) is pending\n0 of 1 `);
    expect(out).toContain("\ncpu          ✓\nmemory       ✗\nhost-port    ✓\n");
    expect(out).toContain("n1  ✗ memory  needs 2 GiB, n1 has 1 GiB free of 1 GiB");
    expect(out.replaceAll("\n", " ")).toContain(
      `What would help: ${(await cluster.explanation("waiting")).smallestChange} `,
    );
    expect(JSON.parse((await cluster.podling("explain waiting -o json")).out)).toMatchObject({ chosenNodeId: null });
  });

  test("explain a placed task", async () => {
    expect((await cluster.podling("explain web")).out).toMatch(/\nn1 .* \*\n/);
  });
});

describe("wait", () => {
  test("returns at once if the state is reached already", async () => {
    expect(await cluster.podling("wait web --for running")).toEqual({ code: 0, out: "web running\n", err: "" });
  });

  test("completed is 0, failed is 1, and both are printed", async () => {
    const { taskId } = await cluster.running("good");
    const good = cluster.start("wait good");
    await cluster.report(taskId, { status: "completed", exitCode: 0, reason: exited });
    expect(await good.ended).toEqual({ code: 0, out: "good completed\n", err: "" });
    const failed = await cluster.podling("wait job");
    expect(failed).toEqual({
      code: 1,
      out: "job failed (exit 3)\n",
      err: "",
    });
  });

  test("124 at the timeout, with the reason", async () => {
    const { code, out, err } = await cluster.podling("wait waiting --for running --timeout 50ms");
    expect({ code, out }).toEqual({ code: 124, out: "" });
    expect(err).toContain("error: waiting is still pending after 0.1 s: 0 of 1 ");
  });

  test("--for takes three words", async () => {
    const { code, err } = await cluster.podling("wait web --for runing");
    expect(code).toBe(64);
    expect(err).toBe('error: --for: expected running, ready, finished; got "runing". Did you mean running?\n');
  });
});

describe("stop and rm", () => {
  test("stop waits until each task has stopped, and prints it", async () => {
    const [first, second] = [await cluster.running("stop-1"), await cluster.running("stop-2")];
    const stopping = cluster.start("stop stop-1 stop-2");
    // The order in which they were named, not that in which they stop.
    for (const { taskId } of [second, first]) {
      await until(async () => (await cluster.task(taskId))?.desired === "stopped");
      await cluster.report(taskId, { status: "stopped", exitCode: 0, reason: { code: "stopped", message: "stopped" } });
    }
    const { code, out, err } = await stopping.ended;
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toBe("stop-1\nstop-2\n");
  });

  test("on a terminal, one task shows its progress, and several, which would share the line, do not", async () => {
    for (const [names, shows] of [
      [["lone"], true],
      [["pair-1", "pair-2"], false],
    ] as const) {
      const tasks = await Promise.all(names.map((name) => cluster.running(name)));
      const stopping = cluster.start(`stop ${names.join(" ")}`, { terminal: 100 });
      if (shows) await until(() => stopping.err().includes(`${names[0]}: stopping`));
      // Longer than the time after which progress is shown.
      else await Bun.sleep(600);
      for (const { taskId } of tasks) await cluster.report(taskId, { status: "stopped", exitCode: 0 });
      const { err } = await stopping.ended;
      expect(err.includes("stopping")).toBe(shows);
    }
  });

  test("not stopped in time is 2; -d does not wait", async () => {
    await cluster.running("stubborn");
    const { code, out, err } = await cluster.podling("stop stubborn --timeout 50ms");
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toStartWith("stubborn is stopping, but still running");
    expect(await cluster.podling("stop -d stubborn")).toEqual({ code: 0, out: "stubborn\n", err: "" });
  });

  test("an unknown task among several: the others are stopped, and the exit code is 1", async () => {
    await cluster.create("here", { resources: { memory: "2g" } });
    const { code, out, err } = await cluster.podling("stop unknown here");
    expect({ code, out }).toEqual({ code: 1, out: "here\n" });
    expect(err).toBe('error: there is no task "unknown". List all tasks with: podling ps -a\n');
    expect((await cluster.podling("rm here unknown")).code).toBe(1);
    expect(await cluster.task("here")).toBeNull();
  });

  test("rm of a running task prints a hint; -f removes it", async () => {
    const worker = logServer(() => Response.json({ error: "none", code: "task-not-found" }, { status: 404 }));
    const { nodeId } = await cluster.node("asked", { port: worker.port, labels: { asked: "yes" } });
    const constraints = [{ type: "label" as const, key: "asked", operator: "exists" as const }];
    const { taskId } = await cluster.running("alive", { constraints });
    const { code, err } = await cluster.podling("rm alive");
    expect(code).toBe(1);
    expect(err).toEndWith("Use podling stop alive, or podling rm -f alive\n");
    const removing = cluster.start("rm -fv alive");
    await until(async () => (await cluster.task(taskId))?.desired === "stopped");
    expect(await cluster.task(taskId)).toMatchObject({ requests: { graceSeconds: 0, remove: true } });
    // The record goes with this report.
    await expect(cluster.report(taskId, { status: "stopped", exitCode: 137 })).rejects.toThrow("there is no task");
    expect(await removing.ended).toEqual({ code: 0, out: "alive\n", err: "" });
    expect(await cluster.task(taskId)).toBeNull();
    await cluster.client.call("deregisterNode", { id: nodeId });
    worker.stop();
  });

  test("rm -f of a task whose worker cannot be asked is 2: its container may still be there", async () => {
    const { taskId } = await cluster.running("unasked");
    const removing = cluster.start("rm -f unasked");
    await until(async () => (await cluster.task(taskId))?.desired === "stopped");
    await expect(cluster.report(taskId, { status: "stopped", exitCode: 137 })).rejects.toThrow("there is no task");
    expect(await removing.ended).toMatchObject({
      ...{ code: 2, out: "" },
      err: expect.stringMatching(
        /it is not known whether its container is gone: cannot reach the worker on .*\. n1 was registered without a worker, so that a container has to be removed there\n$/,
      ),
    });
  });

  test("rm -f of a task whose node is offline is 2: its container may still run there", async () => {
    const { nodeId } = await cluster.node("away", { labels: { away: "yes" } });
    const constraints = [{ type: "label" as const, key: "away", operator: "exists" as const }];
    const { taskId } = await cluster.running("gone", { constraints });
    const removing = cluster.start("rm -f gone");
    await until(async () => (await cluster.task(taskId))?.desired === "stopped");
    await cluster.client.call("loseNode", { id: nodeId, query: { force: true } });
    expect(await removing.ended).toEqual({
      ...{ code: 2, out: "" },
      err: "gone is removed, but away is offline: its container goes when that node is back\n",
    });
    expect(await cluster.task(taskId)).toBeNull();
    await cluster.client.call("deregisterNode", { id: nodeId });
  });

  test("stop -t shortens the stop that is under way", async () => {
    const { taskId } = await cluster.running("slow", { stopGraceSeconds: 60 });
    expect((await cluster.podling("stop -d slow")).code).toBe(0);
    expect(await cluster.task(taskId)).not.toHaveProperty("requests");
    expect((await cluster.podling("stop -d -t 90 slow")).code).toBe(0);
    expect(await cluster.task(taskId)).not.toHaveProperty("requests");
    expect((await cluster.podling("stop -d -t 1 slow")).code).toBe(0);
    expect(await cluster.task(taskId)).toMatchObject({
      stopGraceSeconds: 60,
      requests: { graceSeconds: 1, restarts: 0 },
      reason: { message: "asked to stop; it has 1 s before it is killed" },
    });
    const killing = cluster.start("kill slow");
    await until(async () => (await cluster.task(taskId))?.requests?.graceSeconds === 0);
    await cluster.report(taskId, { status: "stopped", exitCode: 137 });
    expect(await killing.ended).toEqual({ code: 0, out: "slow\n", err: "" });
    await cluster.podling("rm slow");
  });

  test("restart and kill say what is not possible", async () => {
    const { taskId } = await cluster.running("byhand");
    for (const [line, says] of [
      // n1 was registered without a worker.
      [
        "restart byhand",
        "the worker of n1 cannot restart tasks. Upgrade the worker, or stop the task and run it again.",
      ],
      ["restart waiting", "task waiting ("],
      ["restart job", "task job ("],
      ["kill -s HUP waiting", "task waiting ("],
      ["kill -s HUP byhand", "cannot reach the worker on n1"],
    ] as const) {
      const { code, out, err } = await cluster.podling(line);
      expect({ line, code, out, err: err.slice(0, 7 + says.length) }).toEqual({
        line,
        code: 1,
        out: "",
        err: `error: ${says}`,
      });
    }
    for (const [line, says] of [
      ["stop --all", "stop has no --all: write podling stop $(podling ps -q)"],
      ["rm -a", "rm has no -a: finished tasks: podling prune"],
      ["logs --previous web", "logs has no --previous: "],
      ["stop -t soon byhand", '--time: expected a whole number from 0 to 3600; got "soon"'],
    ] as const) {
      const { code, err } = await cluster.podling(line);
      expect({ code, err: err.slice(0, 7 + says.length) }).toEqual({ code: 64, err: `error: ${says}` });
    }
    for (const line of [
      "kill -s NO/SUCH byhand",
      "kill -s FOO byhand",
      "kill --signal= byhand",
      "run --stop-signal FOO x",
    ]) {
      const { code, err } = await cluster.podling(line);
      expect({ line, code }).toEqual({ line, code: 64 });
      expect(err).toMatch(
        /expected a signal: a name such as KILL or SIGKILL, or a number such as 9; got "(NO.SUCH|FOO|)"/,
      );
      expect(err).toMatch(/Write (-s|--stop-signal) KILL, /);
    }
    await cluster.report(taskId, { status: "completed", exitCode: 0, reason: exited });
    await cluster.podling("rm byhand");
  });
});

describe("prune", () => {
  const finished = async (name: string) => {
    const { taskId } = await cluster.running(name, { labels: { prune: "me" } });
    await cluster.report(taskId, { status: "completed", exitCode: 0, reason: exited });
    return taskId;
  };

  test("in a pipe it lists the tasks and removes nothing", async () => {
    const taskId = await finished("p1");
    const { code, out, err } = await cluster.podling("prune -l prune=me");
    expect(code).toBe(64);
    expect(out).toContain(shortId(taskId));
    expect(err).toBe("error: not a terminal, so nothing was removed. Confirm with podling prune -y\n");
    expect(await cluster.task(taskId)).not.toBeNull();
  });

  test("on a terminal it asks, and obeys the answer", async () => {
    const taskId = await finished("p2");
    const no = await cluster.podling("prune -l prune=me", { terminal: 80, typed: ["n"] });
    expect(no.code).toBe(1);
    expect(no.err).toEndWith("[y/N] nothing was removed\n");
    expect(await cluster.task(taskId)).not.toBeNull();
    const yes = await cluster.podling("prune -l prune=me", { terminal: 80, typed: ["y"] });
    expect(yes.code).toBe(0);
    expect(yes.err).toEndWith("removed 2 tasks\n");
    expect(await cluster.task(taskId)).toBeNull();
  });

  test("-y removes only what matches the filters", async () => {
    const taskId = await finished("p3");
    expect((await cluster.podling("prune --older-than 1h -l prune=me -y")).err).toContain("no finished tasks");
    expect((await cluster.podling("prune --dry-run -o name -l prune=me")).out).toBe("p3\n");
    expect(await cluster.task(taskId)).not.toBeNull();
    expect((await cluster.podling("prune -y -l prune=me")).code).toBe(0);
    expect(await cluster.task(taskId)).toBeNull();
    expect(await cluster.task(job.taskId)).not.toBeNull();
    const live = await cluster.podling("prune --filter status=running -y");
    expect(live.err).toStartWith("error: prune removes only finished tasks, not running ones");
  });
});
