// podling service with a real master. The test acts as the worker: what is scheduled runs, but for images named bad.

import { describe, expect, test } from "bun:test";
import type { ServiceView } from "../../src/model/service/view.ts";
import { Cluster, until } from "./harness.ts";
import { playedCluster, quick, serviceLines } from "./playing-worker.ts";

const { ok, podling } = playedCluster();
const { inspect, ps, steady } = serviceLines(ok);
const container = async (name: string) => (await inspect(name)).template.containers[0]!;

describe("service create", () => {
  test("NAME --image IMAGE waits until its replicas serve, and prints the id", async () => {
    const { code, out, err } = await podling(`service create web --image app:1 --replicas 3 ${quick}`);
    const web = await inspect("web");
    expect({ code, out }).toEqual({ code: 0, out: `${web.serviceId}\n` });
    expect(err).toContain("3/3 serve");
    expect(web).toMatchObject({ stable: 1, rollout: null, replicas: { wanted: 3, serving: 3 } });
  });

  test("docker's form: --name NAME IMAGE COMMAND ARG", async () => {
    await ok(`service create --name docker --replicas 2 -e A=b --update-parallelism 2 ${quick} app:1 sh -c env`);
    expect(await container("docker")).toMatchObject({ image: "app:1", args: ["sh", "-c", "env"], env: { A: "b" } });
    expect(await inspect("docker")).toMatchObject({ replicas: { serving: 2 }, policy: { parallelism: 2 } });
    await ok(`service create dashes --image app:1 ${quick} -- sh -c env`);
    expect((await container("dashes")).args).toEqual(["sh", "-c", "env"]);
  });

  test("podling run --replicas is the same; what only one task can have is refused", async () => {
    await ok(`run many --image app:1 --replicas 2 -e A=b -d`);
    await until(async () => (await inspect("many")).replicas.serving === 2);
    expect((await inspect("many")).replicas.wanted).toBe(2);
    expect(await container("many")).toMatchObject({ env: { A: "b" } });
    for (const flag of ["--rm", "--follow", "--again"]) {
      const { code, err } = await podling(`run more --image app:1 --replicas 2 ${flag}`);
      expect([code, err.includes("exclude each other")]).toEqual([64, true]);
    }
  });

  test.each([
    ["service create", "image"],
    ["service create nameless", "name"],
    ["service create --image app:1", "service create NAME --image app:1"],
    ["service create --name x", "image"],
    ["service create x --image app:1 --replicas many", "--replicas"],
    ["service create x --image app:1 --replicas -1", "--replicas"],
    ["service create x --image app:1 --order sideways", "start-first"],
    ["service create x --image app:1 --on-failure cry", "rollback"],
    ["service create x --image app:1 --delay soon", "--delay"],
  ])("podling %s is a 64 that says what to type", async (line, says) => {
    const { code, out, err } = await podling(line);
    expect({ code, out }).toEqual({ code: 64, out: "" });
    expect(err).toContain(says);
    expect((await podling("service inspect x")).code).toBe(1);
  });

  test("of a name in use: 1, and how to change that service", async () => {
    await steady("twice");
    const { code, err } = await podling("service create twice --image app:2");
    expect(code).toBe(1);
    expect(err).toContain("podling service update twice");
  });

  test("-d does not wait; --timeout ends with 2 and says how far it is", async () => {
    expect((await podling("service create idle --image slow -d")).code).toBe(0);
    const { code, out, err } = await podling("service create late --image slow --timeout 400ms");
    expect({ code, out }).toEqual({ code: 2, out: `${(await inspect("late")).serviceId}\n` });
    expect(err).toContain("late is not yet as asked");
    expect(err).toContain("0/1 serve");
  });

  test("-o json and -o name", async () => {
    const json = JSON.parse(await ok(`service create json --image app:1 ${quick} -o json`)) as ServiceView;
    expect(json).toMatchObject({ name: "json", replicas: { serving: 1 } });
    expect(await ok(`service create named --image app:1 ${quick} -o name`)).toBe("named\n");
  });
});

describe("service ls, inspect and ps", () => {
  test("ls: a table, ids, names, JSON", async () => {
    await steady("listed", "--replicas 2");
    const { serviceId } = await inspect("listed");
    const table = await ok("service ls");
    expect(table).toMatch(/^NAME +ID +IMAGE +REPLICAS +REVISION +STATE +AGE\n/);
    expect(table).toMatch(/\nlisted +\S+ +app:1 +2\/2 +1 +steady +\d+s\n/);
    expect(await ok("service ls -o wide")).toMatch(/AGE +REASON\n/);
    expect((await ok("service ls -q")).split("\n")).toContain(serviceId);
    const names = (await ok("service ls -o name")).trim().split("\n");
    expect(names).toEqual([...names].sort());
    expect((JSON.parse(await ok("service ls -o json")) as ServiceView[]).map(({ name }) => name)).toEqual(names);
  });

  test("inspect: an object for one, a list for several; an unknown one is a 1", async () => {
    await steady("seen-1");
    await steady("seen-2");
    expect(await inspect("seen-1")).toMatchObject({ name: "seen-1" });
    const several = JSON.parse(await ok("service inspect seen-1 seen-2")) as ServiceView[];
    expect(several.map(({ name }) => name)).toEqual(["seen-1", "seen-2"]);
    const { code, err } = await podling("service inspect nothing");
    expect(code).toBe(1);
    expect(err).toContain('there is no service "nothing"');
  });

  test("a command for tasks with the name of a service says what to type, and the other way round", async () => {
    await steady("asked");
    for (const command of ["logs asked", "inspect asked", "explain asked"])
      expect((await podling(command)).err).toContain("asked is a service: podling service ps asked");
    expect((await podling("service ps asked.1")).err).toContain("asked.1 is a task: podling inspect asked.1");
  });

  test("ps: the replicas by slot, with revision, node and reason", async () => {
    await steady("shown", "--replicas 2");
    const table = await ok("service ps shown");
    expect(table).toMatch(/^SLOT +ID +REVISION +STATUS +NODE +AGE +REASON\n/);
    expect(table).toMatch(/\nshown\.1 +\S+ +1 +running +n1 +\d+s +running\nshown\.2 +/);
    expect(await ok("service ps shown -o name")).toBe("shown.1\nshown.2\n");
    const ids = (await ps("shown")).map(({ taskId }) => `${taskId}\n`).join("");
    expect(await ok("service ps shown -q")).toBe(ids);
    expect((await podling("service ps nothing")).code).toBe(1);
  });

  test("lines fit a terminal of 80 columns", async () => {
    const name = `long-${"x".repeat(45)}`;
    const long = `registry.example.com:5000/team/${"y".repeat(60)}:1.2.3`;
    const asked = { terminal: 80 };
    await ok(`service create ${name} --image ${long} ${quick}`, asked);
    await ok(["service", "update", name, "-e", "A=1", "--note", "a long note ".repeat(9).trim()], asked);
    await podling(`service update ${name} --image bad --timeout 5s`, asked);
    for (const line of ["ls", "ls -o wide", `ps ${name}`, `history ${name}`]) {
      const { code, out, err } = await podling(`service ${line}`, asked);
      expect({ code, err }).toEqual({ code: 0, err: "" });
      for (const row of out.split("\n")) expect(Bun.stringWidth(row)).toBeLessThanOrEqual(80);
    }
  });

  test("no services: a sentence on a terminal, an empty table in a pipe", async () => {
    const empty = new Cluster();
    const { out, err } = await empty.podling("service ls", { terminal: 80 });
    expect({ out, err }).toEqual({ out: "", err: expect.stringContaining("podling service create web --image nginx") });
    expect((await empty.podling("service ls")).out).toMatch(/^NAME +ID .*\n$/);
    await empty.stop();
  });
});

describe("service update", () => {
  test("only what the flags say changes; variables and labels are added", async () => {
    await steady("up", "--replicas 2 -e A=1 -e B=2 -l team=a -p 80 --restart on-failure --memory 64m");
    const before = await inspect("up");
    await ok(["service", "update", "up", "-e", "B=3", "-e", "C=4", "-l", "tier=web", "--note", "more variables"]);
    const after = await inspect("up");
    const [old] = before.template.containers;
    expect(after).toMatchObject({ target: 2, stable: 2, mode: before.mode, policy: before.policy });
    expect(after.template).toEqual({
      ...before.template,
      labels: { team: "a", tier: "web" },
      containers: [{ ...old!, env: { A: "1", B: "3", C: "4" } }],
    });
    const history = await ok("service history up");
    expect(history).toMatch(/^REVISION +IMAGE +DIGEST +BY +AGE +IS +NOTE\n +1 +app:1 +unpinned /);
    expect(history).toMatch(/\n +2 +app:1 .* wanted, stable +more variables\n$/);
    expect(await ok("service diff up 1 2")).toMatch(/\+ .*"C": "4"/);
  });

  test("flags that are no template's make no revision, and nothing at all changes nothing", async () => {
    await steady("same", "--restart never -l a=b -e A=1");
    const before = await inspect("same");
    await ok("service update same");
    await ok("service update same -e A=1");
    await ok("service update same --image app:1");
    expect(await inspect("same")).toEqual(before);
    await ok("service update same --replicas 2 --parallelism 3");
    expect(await inspect("same")).toMatchObject({ newest: 1, policy: { parallelism: 3 }, replicas: { serving: 2 } });
  });

  test("a policy of restarts, a command and an entrypoint stay over an update", async () => {
    await ok(`service create kept --image app:1 --restart never --entrypoint run ${quick} -- a b`);
    const before = await inspect("kept");
    await ok("service update kept -e A=1");
    const { template } = await inspect("kept");
    expect(template).toEqual({
      ...before.template,
      containers: [{ ...before.template.containers[0]!, env: { A: "1" } }],
    });
  });

  test("a rollout that fails is a 1 with its reason; the old replicas serve", async () => {
    await steady("fails", "--replicas 2");
    const { code, err } = await podling("service update fails --image bad");
    expect(code).toBe(1);
    expect(err).toContain("no such program");
    expect(err).toContain("podling service ps fails");
    await until(async () => (await inspect("fails")).rollout === null);
    expect(await inspect("fails")).toMatchObject({
      ...{ target: 1, reason: { code: "rolled-back" } },
      replicas: { serving: 2, live: 2 },
    });
    const paused = await podling("service update fails --image bad --on-failure pause");
    expect(paused.code).toBe(1);
    expect(paused.err).toContain("resume or roll back");
    await ok("service rollback fails");
    expect(await inspect("fails")).toMatchObject({ paused: false, reason: { code: "steady" } });
  });

  test("of an unknown service: 1", async () => {
    const { code, err } = await podling("service update nothing -e A=1");
    expect(code).toBe(1);
    expect(err).toContain("there is no service");
  });
});

describe("service scale", () => {
  test("several at once; to nothing and back", async () => {
    await steady("s-1");
    await steady("s-2");
    expect(await ok("service scale s-1=3 s-2=0")).toBe("s-1 scaled to 3\ns-2 scaled to 0\n");
    expect((await inspect("s-1")).replicas).toMatchObject({ serving: 3 });
    expect((await ps("s-2")).filter(({ desired }) => desired === "running")).toEqual([]);
    expect(await ok("service scale s-2=1")).toBe("s-2 scaled to 1\n");
  });

  test.each(["web", "web=", "web=x", "web=-1", "=3", "web=1.5"])("service scale %s is a 64", async (word) => {
    const { code, err } = await podling(`service scale ${word}`);
    expect(code).toBe(64);
    expect(err).toContain("web=5");
  });

  test("an unknown one is an error, and the others are scaled all the same", async () => {
    await steady("s-3");
    const { code, out, err } = await podling("service scale nothing=2 s-3=2");
    expect({ code, out }).toEqual({ code: 1, out: "s-3 scaled to 2\n" });
    expect(err).toContain('there is no service "nothing"');
  });
});
