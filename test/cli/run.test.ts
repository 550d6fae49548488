// podling run with a real master, while the test acts as the worker: output and exit codes.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { Cluster, frame, framed, logServer, podling, runs, until } from "./harness.ts";

let cluster: Cluster;
let worker: { port: number; stop: () => void };
beforeAll(async () => {
  // A reader that comes back for newer lines gets none.
  worker = logServer((query) =>
    query.has("since") ? framed() : framed(frame("stdout", "to stdout\n"), frame("stderr", "to stderr\n")),
  );
  cluster = new Cluster();
  await cluster.node("n1", { port: worker.port, address: "127.0.0.1", labels: { disk: "hdd" }, capacity: 100 });
});
afterAll(async () => {
  await cluster.stop();
  worker.stop();
});

const scheduled = (name: string) =>
  until(async () => {
    const task = await cluster.task(name);
    return task?.status === "scheduled" ? task : null;
  });

const exited = (code: number) =>
  ({
    status: code === 0 ? "completed" : "failed",
    exitCode: code,
    reason: { code: "exited", message: `exited with code ${code}` },
  }) as const;

describe("waiting for the start", () => {
  test("prints the node on stderr, and only the id on stdout", async () => {
    const running = cluster.start("run web -i nginx --port 8080:80");
    const { taskId } = await scheduled("web");
    const publishedPorts = [{ hostIp: "127.0.0.1", hostPort: 8080, containerPort: 80, protocol: "tcp" as const }];
    await cluster.report(taskId, { status: "running", containerId: "c1", reason: runs, publishedPorts });
    const { code, out, err } = await running.ended;
    expect(code).toBe(0);
    expect(out).toBe(`${taskId}\n`);
    expect(err).toMatch(/^web is running on n1 after \d+\.\d s: 127\.0\.0\.1:8080->80\/tcp\n$/);
  });

  test("shows the reason while waiting: lines in a pipe, one rewritten line on a terminal", async () => {
    const piped = cluster.start("run slow --image nginx");
    const terminal = cluster.start("run slow2 --image nginx", { terminal: 80 });
    const tasks = [await scheduled("slow"), await scheduled("slow2")];
    for (const [index, one] of [piped, terminal].entries()) {
      await until(() => one.err().includes("scheduled, placed on n1"));
      for (const percent of [40, 60]) {
        const reason = { code: "pulling", message: `pulling ${percent}%` } as const;
        await cluster.report(tasks[index]!.taskId, { status: "scheduled", reason });
        await until(async () => one.err().includes("pulling 40%"));
      }
      await cluster.report(tasks[index]!.taskId, { status: "running", containerId: "c", reason: runs });
    }
    const [first, second] = [await piped.ended, await terminal.ended];
    expect(first.err.split("\n").filter((line) => line.includes("pulling"))).toHaveLength(1);
    expect(first.err).not.toContain("\x1b");
    expect(second.err).toContain("\r\x1b[K");
    expect(second.err.split("\x1b[K").at(-1)).toStartWith("slow2 is running on n1");
  });

  test("a reason that repeats the status is not printed twice", async () => {
    const { taskId } = await cluster.running("steady");
    const waiting = cluster.start("wait steady", { terminal: 80 });
    await until(() => waiting.err().includes("steady: "));
    await cluster.report(taskId, exited(0));
    expect((await waiting.ended).err).toMatch(/\d s {2}steady: running\b/);
  });

  test("-d prints the id at once", async () => {
    const { code, out, err } = await cluster.podling("run later -d --image nginx");
    expect({ code, out, err }).toEqual({ code: 0, out: `${(await cluster.task("later"))!.taskId}\n`, err: "" });
  });

  test("a name that an unfinished task has is refused; --again runs a second one", async () => {
    const first = await cluster.podling("run once-only -d --image nginx");
    expect(await cluster.podling("run once-only -d --image nginx")).toEqual({
      code: 1,
      out: "",
      err: `error: the name once-only is taken: task ${first.out.trim()} is scheduled. Stop it with: podling stop once-only. Or run another task of the same name beside it: podling run --again ...\n`,
    });
    const second = await cluster.podling("run once-only -d --again --image nginx");
    expect(second.code).toBe(0);
    const ambiguous = await cluster.podling("stop once-only");
    expect(ambiguous.code).toBe(1);
    expect(ambiguous.err).toContain(`${first.out.trim()} (once-only, scheduled) or ${second.out.trim()} (once-only, `);
    for (const { out } of [first, second]) await cluster.remove(out.trim());
  });

  test("-o name and -o json replace the id", async () => {
    expect((await cluster.podling("run named -d --image nginx -o name")).out).toBe("named\n");
    const { out } = await cluster.podling("run jsoned -d --image nginx -o json");
    expect(JSON.parse(out)).toMatchObject({ name: "jsoned", status: "scheduled" });
  });

  test("the form of docker run", async () => {
    const { code } = await cluster.podling("run -d --name docked -p 80 nginx:1.27 -- echo hi");
    expect(code).toBe(0);
    expect(await cluster.task("docked")).toMatchObject({ image: "nginx:1.27", args: ["echo", "hi"] });
  });

  test("a task that no node fits: reason, what would help, exit code 2", async () => {
    const { code, out, err } = await cluster.podling("run ssd --image nginx --constraint disk==ssd --timeout 50ms");
    expect(code).toBe(2);
    expect(out).toBe(`${(await cluster.task("ssd"))!.taskId}\n`);
    expect(err).toContain("ssd is still pending after 0.1 s: 0 of 1 ");
    expect(err).toContain(`What would help: ${(await cluster.explanation("ssd")).smallestChange}\n`);
    const detached = await cluster.podling("run ssd2 -d --image nginx --constraint disk==ssd");
    expect(detached.code).toBe(2);
    expect(detached.err).toStartWith("ssd2 is accepted but has to wait: 0 of 1 ");
  });

  test("a task that fails: reason, message of the engine, hint, exit code 1", async () => {
    const running = cluster.start("run broken --image nope");
    const { taskId } = await scheduled("broken");
    await cluster.report(taskId, {
      status: "failed",
      reason: { code: "image-not-found", message: "there is no image nope" },
      error: "manifest unknown",
    });
    const { code, err } = await running.ended;
    expect(code).toBe(1);
    expect(err).toContain(
      "error: broken failed: there is no image nope: manifest unknown. Details: podling explain broken, podling inspect broken",
    );
  });

  describe("Ctrl-C keeps the task, and prints its state and how to stop it", () => {
    async function interrupted(name: string, flags: string, change: (taskId: string) => Promise<unknown>) {
      const running = cluster.start(`run ${name} --image nginx ${flags}`);
      // The command shows progress only after it has the task.
      await until(() => running.err().includes(name));
      await change((await cluster.task(name))!.taskId);
      running.interrupt();
      const { code, err } = await running.ended;
      expect(code).toBe(130);
      await cluster.remove(name); // the node takes ten
      return err;
    }

    test("a task that waits for a node", async () => {
      const err = await interrupted("left-waiting", "--constraint disk==ssd", async () => {});
      expect(err).toEndWith(
        "left-waiting waits for a node and will run when one fits. Cancel it with: podling stop left-waiting\n",
      );
    });

    test("a task that has a node and does not run yet", async () => {
      const err = await interrupted("left-starting", "", async () => {});
      expect(err).toEndWith("left-starting will start on its node. Stop it with: podling stop left-starting\n");
    });

    test("a task that runs, which shows its output", async () => {
      const running = cluster.start("run left --image nginx --follow");
      const { taskId } = await scheduled("left");
      await cluster.report(taskId, { status: "running", containerId: "c7", reason: runs });
      await until(() => running.out() !== "");
      running.interrupt();
      const { code, err } = await running.ended;
      expect(code).toBe(130);
      expect(err).toEndWith("left keeps running. Stop it with: podling stop left\n");
    });

    test("a task that another user stops meanwhile", async () => {
      const err = await interrupted("left-stopping", "", (id) => cluster.podling(["stop", id, "--detach"]));
      expect(err).toEndWith("left-stopping is being stopped\n");
    });
  });
});

describe("--follow", () => {
  test("a task that failed after its start gets a hint to its logs", async () => {
    const running = cluster.start("run crashed --image alpine --follow");
    const { taskId } = await scheduled("crashed");
    await cluster.report(taskId, { status: "running", containerId: "c9", reason: runs });
    await until(() => running.out() !== "");
    const reason = { code: "container-lost", message: "its container is gone" } as const;
    await cluster.report(taskId, { status: "failed", reason });
    const { code, err } = await running.ended;
    expect(code).toBe(125);
    expect(err).toEndWith("its container is gone. Details: podling logs crashed, podling inspect crashed\n");
  });

  test("shows stdout and stderr and returns the exit code of the container", async () => {
    const running = cluster.start("run job --image alpine --follow -- sh -c exit");
    const { taskId } = await scheduled("job");
    await cluster.report(taskId, { status: "running", containerId: "c2", reason: runs });
    await until(() => running.out() !== "");
    await cluster.report(taskId, exited(3));
    const { code, out, err } = await running.ended;
    expect(code).toBe(3);
    expect(out).toStartWith("to stdout\n");
    expect(err).toStartWith("to stderr\n");
    expect(await cluster.task(taskId)).not.toBeNull();
  });

  test("a job that finished before the first request still shows its output; --rm removes it", async () => {
    const running = cluster.start("run quick --image alpine --follow --rm");
    const { taskId } = await scheduled("quick");
    await cluster.report(taskId, { status: "running", containerId: "c3", reason: runs });
    await cluster.report(taskId, exited(0));
    expect(await running.ended).toEqual({ code: 0, out: "to stdout\n", err: "to stderr\n" });
    expect(await cluster.task(taskId)).toBeNull();
  });

  test.each([
    [127, "start-failed"],
    [126, "start-failed"],
    [null, "image-not-found"],
  ] as const)("never started: the engine's code %p, else 125", async (exitCode, reason) => {
    const name = `never-${exitCode ?? "at-all"}`;
    const running = cluster.start(`run ${name} --image alpine --follow`);
    const { taskId } = await scheduled(name);
    await cluster.report(taskId, { status: "failed", exitCode, reason: { code: reason, message: "it would not" } });
    const { code, out, err } = await running.ended;
    expect(code).toBe(exitCode ?? 125);
    expect(out).toBe("");
    expect(err).toBe(
      `error: ${name} failed: it would not. Details: podling explain ${name}, podling inspect ${name}\n`,
    );
  });

  test("reports unavailable output, and still returns the exit code of the container", async () => {
    await cluster.node("far", { port: 1, address: "127.0.0.1", labels: { disk: "far" } });
    const running = cluster.start("run far --image alpine --follow --constraint disk==far", {
      fetch: async (url, init) =>
        url.includes("/logs?")
          ? new Response('{"error":"gone from far","code":"logs-unavailable"}', { status: 409 })
          : fetch(url, init),
    });
    const { taskId } = await scheduled("far");
    await cluster.report(taskId, { status: "running", containerId: "c5", reason: runs });
    await cluster.report(taskId, exited(4));
    const { code, err } = await running.ended;
    expect({ code, err }).toEqual({ code: 4, err: "error: gone from far\n" });
  });

  test("Ctrl-C with --rm stops and removes the task", async () => {
    const running = cluster.start("run gone --image alpine --follow --rm");
    const { taskId } = await scheduled("gone");
    await cluster.report(taskId, { status: "running", containerId: "c4", reason: runs });
    await until(() => running.out() !== "");
    expect(running.handlesInterrupt()).toBe(true);
    running.interrupt();
    expect(running.handlesInterrupt()).toBe(false); // a second Ctrl-C does not wait for the container
    await until(async () => (await cluster.task(taskId))?.desired === "stopped");
    await cluster.report(taskId, { status: "stopped", exitCode: 143, reason: { code: "stopped", message: "stopped" } });
    const { code, err } = await running.ended;
    expect(code).toBe(130);
    expect(err).toContain("stopping and removing gone\n");
    expect(await cluster.task(taskId)).toBeNull();
  });
});

describe("the form of docker", () => {
  const forms: [line: string, name: RegExp, image: string, args: string[]][] = [
    ["run -d nginx", /^nginx-[0-9a-f]{6}$/, "nginx", []],
    ["run -d r.example:5000/team/app:1.2", /^app-[0-9a-f]{6}$/, "r.example:5000/team/app:1.2", []],
    [
      "run -d -p 80 --name dweb demo httpd -f -p 80 -h /www",
      /^dweb$/,
      "demo",
      ["httpd", "-f", "-p", "80", "-h", "/www"],
    ],
    ["run -d --name dash demo -- echo -- hi", /^dash$/, "demo", ["echo", "--", "hi"]],
    ["run -d --name flagged demo --image x", /^flagged$/, "x", []],
    ["run --rm -d --name stays alpine true", /^stays$/, "alpine", ["true"]],
    ["run dashed --image nginx -d -- -h", /^dashed$/, "nginx", ["-h"]],
    ["run short -i nginx -d", /^short$/, "nginx", []],
    ["run late -d -e A=1 -i nginx -- sh -i x", /^late$/, "nginx", ["sh", "-i", "x"]],
  ];
  test.each(forms)("podling %s", async (line, name, image, args) => {
    const before = new Set((await cluster.podling("ps -a -q")).out.split("\n"));
    const { code, err } = await cluster.podling(line);
    if (line.includes("flagged")) {
      expect({ code, err }).toMatchObject({
        code: 64,
        err: expect.stringContaining("two names: demo and --name flagged"),
      });
      return;
    }
    expect(code).toBe(0);
    const added = (await cluster.podling("ps -a -q")).out.split("\n").filter((id) => id !== "" && !before.has(id));
    expect(added).toHaveLength(1);
    const task = (await cluster.task(added[0]!))!;
    expect(task).toMatchObject({ image, args });
    expect(task.name).toMatch(name);
  });

  test("-h after the image is the command's, before it shows the help of run", async () => {
    expect(await cluster.podling("run --name help1 -h demo")).toMatchObject({
      code: 0,
      out: expect.stringContaining("Usage:"),
    });
    expect((await cluster.podling("run -d --name help2 demo -h")).out).not.toContain("Usage:");
  });

  test("-h with a value is the host name, as in docker", async () => {
    const { out, code, err } = await cluster.podling("run -d -o name -h web-1 --name hosted demo");
    // The node of this cluster has no worker that knows the option.
    expect([code, err]).toEqual([2, expect.stringContaining("hosted is accepted but has to wait: ")]);
    expect((await cluster.task(out.trim()))?.network).toEqual({ hostname: "web-1" });
  });
});

describe("usage errors", () => {
  test.each([
    ["run", "error: name and image are missing. Write: podling run NAME --image IMAGE"],
    ["run --name web", "error: the image is missing. Write: podling run web --image IMAGE"],
    ["run web --rm --image", "error: --image needs a value"],
    ["run --image r:5000/team/app:1", "error: the name is missing. Write: podling run app --image r:5000/team/app:1"],
    ["run web --name web --image nginx", "error: two names: web and --name web"],
    ["run web --image nginx -d --follow", "error: -d and --follow exclude each other"],
    [
      "run web --image nginx echo hi",
      'error: unexpected "echo": the command of the container comes after --. Write: podling run web --image nginx -- echo hi',
    ],
    [
      "run e6 --image demo --rm -f echo -h",
      'error: unexpected "echo": the command of the container comes after --. Write: podling run e6 --image demo --rm -f -- echo -h',
    ],
    ["run -it web --image nginx", "error: run has no -i: tasks have no terminal. --follow shows the output"],
    ["run web --image nginx --timeout soon", "error: --timeout: expected a duration"],
    ["run web --image nginx -p http", "error: -p http: http is not a port"],
  ])("podling %s", async (line, says) => {
    const { code, out, err } = await podling(line);
    expect({ code, out }).toEqual({ code: 64, out: "" });
    expect(err).toStartWith(says);
    expect(err.trimEnd()).not.toContain("\n");
  });

  test("a refusal of the master names the flag", async () => {
    const { code, err } = await cluster.podling(["run", "web", "--image", "Not An Image"]);
    expect(code).toBe(64);
    expect(err).toStartWith('error: field "image": expected an image reference');
    expect(err).toEndWith("Check --image; see podling help run.\n");
  });

  test.each([
    ["run Web! --image nginx", "name"],
    ["run web --image nginx --restart sometimes -d", "sometimes"],
    ["run web --image nginx -m 1", "Write a unit"],
  ])("podling %s: a refused value is a usage error", async (line, says) => {
    const { code, out, err } = await cluster.podling(line);
    expect([code, out]).toEqual([64, ""]);
    expect(err).toContain(says);
  });
});
