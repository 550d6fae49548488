// podling service pause, resume, restart, promote, rollback, history, diff and rm, and what is shown while a command waits.

import { describe, expect, test } from "bun:test";
import { until } from "./harness.ts";
import { playedCluster, serviceLines } from "./playing-worker.ts";

const { ok, podling, cluster } = playedCluster();
const { inspect, ps, steady } = serviceLines(ok);

describe("a rollout is led by hand", () => {
  test("pause of several, and resume", async () => {
    await steady("p-1");
    await steady("p-2");
    await ok("service update p-1 --image slow -d");
    expect(await ok("service pause p-1 p-2")).toBe("p-1 paused\np-2 paused\n");
    expect(await inspect("p-1")).toMatchObject({ paused: true, rollout: { to: 2 }, replicas: { serving: 1 } });
    const { code, out, err } = await podling("service pause p-2 nothing");
    expect({ code, out }).toEqual({ code: 1, out: "p-2 paused\n" });
    expect(err).toContain('there is no service "nothing"');
    expect(await ok("service resume p-2")).toBe(`${(await inspect("p-2")).serviceId}\n`);
    expect((await podling("service resume p-1 --timeout 400ms")).code).toBe(2);
    expect(await inspect("p-1")).toMatchObject({ paused: false, reason: { code: "deploying" } });
  });

  test("canaries: update ends when they serve and says what is next, promote goes on", async () => {
    await steady("c", "--replicas 3 --canary 1");
    const { code, err } = await podling("service update c --image app:2");
    expect(code).toBe(0);
    expect(err).toContain("promote");
    expect(await inspect("c")).toMatchObject({ reason: { code: "canary" }, replicas: { updated: 1 } });
    await ok("service promote c");
    expect(await inspect("c")).toMatchObject({ stable: 2, replicas: { updated: 3, serving: 3, wanted: 3 } });
    const refused = await podling("service promote c");
    expect(refused.code).toBe(1);
    expect(refused.err).toContain("--canary");
  });

  test("restart replaces every replica", async () => {
    await steady("r", "--replicas 2");
    const before = (await ps("r")).map(({ taskId }) => taskId);
    await ok("service restart r");
    for (const { taskId } of await ps("r")) expect(before).not.toContain(taskId);
    expect(await inspect("r")).toMatchObject({ target: 2, stable: 2 });
  });

  test("rollback, history and diff", async () => {
    await steady("b");
    expect((await podling("service rollback b")).code).toBe(1);
    await ok("service update b --image app:2 --note second");
    await ok("service update b --image app:3 -e A=1");
    await ok("service rollback b --to 1");
    expect(await inspect("b")).toMatchObject({ target: 1, stable: 1, newest: 3 });
    expect(await ok("service history b")).toMatch(/\n +1 .* wanted, stable .*\n +2 .* second\n +3 /);
    expect(JSON.parse(await ok("service history b -o json"))).toMatchObject([
      { number: 1 },
      { number: 2 },
      { number: 3 },
    ]);
    const diff = await ok("service diff b 1 3");
    expect(diff).toContain("app:1");
    expect(diff).toMatch(/\+ .*app:3/);
    expect(await ok("service diff b 2 2")).toBe("");
    for (const [line, says, code] of [
      ["service rollback b --to 9", "no revision 9", 1],
      ["service rollback b --to x", "--to", 64],
      ["service diff b 1 9", "b has no revision 9", 1],
      ["service diff b 1", "SERVICE", 64],
      ["service history nothing", "there is no service", 1],
    ] as const) {
      const refused = await podling(line);
      expect({ line, code: refused.code, out: refused.out }).toEqual({ line, code, out: "" });
      expect(refused.err).toContain(says);
    }
  });

  test("history marks the revision that failed, until another one is rolled out", async () => {
    await steady("f");
    expect((await podling("service update f --image bad")).code).toBe(1);
    expect(await ok("service history f")).toMatch(/\n +1 +app:1 .* wanted, stable +.*\n +2 +bad .* failed +-\n$/);
    await podling("service update f --image bad:2 --on-failure pause");
    expect(await ok("service history f")).toMatch(/ stable +-\n +2 +bad .* - +-\n +3 +bad:2 .* wanted, failed +-\n$/);
    await ok("service rollback f");
    expect(await ok("service history f")).not.toContain("failed");
    await podling("service create never --image bad --monitor 0s --min-ready 0s");
    expect(await ok("service history never")).toMatch(/\n +1 +bad .* wanted, failed +-\n$/);
  });

  test("diff shows a line that is there once more", async () => {
    await steady("d", "-e A=1 -l A=1");
    await ok("service update d -e B=1 -l B=1");
    const added = (await ok("service diff d 1 2")).split("\n").filter((line) => /^\+ +"B"/.test(line));
    expect(added).toHaveLength(2);
  });

  test("rm of several, one of which is unknown", async () => {
    await steady("g-1");
    await steady("g-2");
    const { code, out, err } = await podling("service rm g-1 nothing g-2");
    expect({ code, out }).toEqual({ code: 1, out: "g-1\ng-2\n" });
    expect(err).toContain('there is no service "nothing"');
    expect((await podling("service inspect g-1")).code).toBe(1);
    await until(async () => !(await ok("ps -o name")).includes("g-"));
  });
});

describe("while a command waits", () => {
  test("in a pipe, a line for each change", async () => {
    const { code, err } = await podling(`service create w --image app:1 --replicas 3 --monitor 1s --min-ready 0s`);
    expect(code).toBe(0);
    const lines = err.trimEnd().split("\n");
    expect(new Set(lines).size).toBe(lines.length);
    expect(lines.at(-1)).toMatch(/^w: revision 1, 3\/3 serve, after /);
  });

  test("on a terminal, a picture whose lines fit", async () => {
    const name = "n".repeat(50);
    const long = `registry.example.com/${"y".repeat(60)}:slow`;
    const line = `service create ${name} --image ${long} --replicas 2 --timeout 900ms`;
    const { code, err } = await podling(line, { terminal: 80 });
    expect(code).toBe(2);
    expect(err).not.toMatch(/undefined/);
    expect(err).toContain(`${name}.2`.slice(0, 11));
    // biome-ignore lint/suspicious/noControlCharactersInRegex: a picture moves the cursor.
    for (const row of err.split(/[\n\r]|\x1b\[\d*[A-HJKf]/)) expect(Bun.stringWidth(row)).toBeLessThanOrEqual(80);
  });

  test("Ctrl-C leaves the service as it is", async () => {
    const running = cluster().start("service create i --image slow");
    await until(() => running.err().includes("0/1 serve"));
    running.interrupt();
    if (running.handlesInterrupt()) await running.ended;
    expect(await inspect("i")).toMatchObject({ replicas: { wanted: 1 } });
    await ok("service rm i");
    expect((await running.ended).code).not.toBe(0);
  });

  test("a service that is removed meanwhile ends the command", async () => {
    const running = cluster().start("service create v --image slow");
    await until(() => running.err().includes("0/1 serve"));
    await ok("service rm v");
    const { code, err } = await running.ended;
    expect(code).toBe(1);
    expect(err).toContain("there is no service");
  });
});
