// podling nodes, node, events and version with a real master, and the errors without one.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { Cluster, podling, until } from "./harness.ts";

let cluster: Cluster;
beforeAll(async () => {
  cluster = new Cluster();
  await cluster.node("n1", { cpu: 2, memory: "1g", labels: { disk: "ssd" } });
  await cluster.node("n2", { port: 2 });
});
afterAll(() => cluster.stop());

describe("nodes", () => {
  test("as a table, wide, names, ids and JSON", async () => {
    const table = (await cluster.podling("nodes")).out.split("\n");
    expect(table[0]).toBe("NAME  ID        STATUS  TASKS  CPU  MEMORY   AGE");
    expect(table[1]).toMatch(/^n1 {4}\w{8} {2}online {2}0\/10 {3}0\/2 {2}0\/1 GiB +\d+s$/);
    expect((await cluster.podling("nodes -o wide")).out).toContain("disk=ssd");
    expect((await cluster.podling("nodes -o name")).out).toBe("n1\nn2\n");
    const json = JSON.parse((await cluster.podling("nodes -o json")).out) as { nodeId: string }[];
    expect((await cluster.podling("nodes -q")).out).toBe(json.map(({ nodeId }) => `${nodeId}\n`).join(""));
  });

  test("label sets and removes what users set, and says what is left of the worker's", async () => {
    const { nodeId } = await cluster.node("labelled", { labels: { disk: "hdd" } });
    expect(await cluster.podling("node label labelled disk=ssd zone=a")).toEqual({
      ...{ code: 0, err: "" },
      out: "labelled disk=ssd,zone=a\n",
    });
    expect(await cluster.podling("node label labelled zone- disk- more-")).toEqual({
      code: 0,
      out: "labelled disk=hdd\n",
      err: "disk=hdd is left: its worker declares it\n",
    });
    const refused = await cluster.podling("node label labelled disk-");
    expect(refused).toMatchObject({ code: 1, out: "" });
    expect(refused.err).toStartWith("error: disk=hdd is a label that the worker of labelled declares");
    expect(JSON.parse((await cluster.podling("node label labelled a=b -o json")).out)).toMatchObject({
      labels: { disk: "hdd", a: "b" },
      userLabels: { a: "b" },
    });
    for (const [words, says] of [
      ["labelled ssd", '"ssd" is no label. Write KEY=VALUE to set it, or KEY- to remove it.'],
      ["labelled a=b a-", "a is set and removed"],
      ["labelled", "node label: KEY=VALUE or KEY- is missing"],
    ]) {
      const { code, err } = await cluster.podling(`node label ${words}`);
      expect({ code, err: err.slice(0, 7 + says!.length) }).toEqual({ code: 64, err: `error: ${says}` });
    }
    await cluster.client.call("deregisterNode", { id: nodeId });
  });

  test("inspect, cordon, uncordon", async () => {
    expect(JSON.parse((await cluster.podling("node inspect n1")).out)).toMatchObject({ hostname: "n1", capacity: 10 });
    expect(await cluster.podling("node cordon n1")).toEqual({ code: 0, out: "n1 cordoned\n", err: "" });
    expect((await cluster.podling("nodes")).out).toContain("online, cordoned");
    expect((await cluster.podling("node uncordon n1 n3")).code).toBe(1);
    expect((await cluster.podling("nodes")).out).not.toContain("cordoned");
  });

  test("node lost requires -f after a recent heartbeat; a lost node stays lost", async () => {
    const { code, err } = await cluster.podling("node lost n2");
    expect(code).toBe(1);
    expect(err).toMatch(/^error: n2 \(\d{14}-\w{8}\) .+ [\d.]+ s ago\. Stop its worker first; .+node lost -f n2/);
    expect(await cluster.podling("node lost -f n2")).toEqual({ code: 0, out: "n2 lost\n", err: "" });
    expect((await cluster.podling("nodes")).out).toMatch(/n2 .+ offline /);
    expect(await cluster.podling("node lost n2")).toEqual({ code: 0, out: "n2 lost\n", err: "" });
    await cluster.node("n2", { port: 2 });
    expect((await cluster.podling("nodes")).out).not.toContain("offline");
  });

  test("nodes without new tasks: status in the table, reason on stderr, also with JSON, but not with -o name", async () => {
    const other = new Cluster();
    try {
      const { nodeId } = await other.node("n1", { version: "1" });
      await other.node("n2", { version: "1" });
      const stream = new AbortController();
      const answer = await other.client.fetch("nodeAssignments", { id: nodeId, signal: stream.signal });
      await answer.body!.getReader().read();
      stream.abort();
      const ran = await until(async () => {
        const now = await other.podling("nodes");
        return now.out.includes("online, suspect") ? now : null;
      });
      expect(ran.err).toMatch(/^n1: its connection broke at \d\d:\d\d:\d\d UTC; it has 2\.5 s to come back\n$/);
      const quiet = await Promise.all(["nodes -q", "nodes -o name"].map((line) => other.podling(line)));
      expect(quiet.map(({ err }) => err)).toEqual(["", ""]);
      // No node sends heartbeats: when both leases expire, mass-loss protection becomes active.
      const silent = await until(async () => {
        const now = await other.podling("nodes -o json");
        return now.err.includes("mass-loss protection is active") ? now : null;
      });
      expect(silent.err).toContain("mass-loss protection is active: 2 of 2 nodes stopped sending heartbeats at once");
      expect(JSON.parse(silent.out)).toMatchObject([
        { hostname: "n1", status: "online", suspect: { code: "mass-silence" } },
        { hostname: "n2", status: "online", suspect: { code: "mass-silence" } },
      ]);
      expect(await other.podling("node lost n2")).toEqual({ code: 0, out: "n2 lost\n", err: "" });
    } finally {
      await other.stop();
    }
  });

  test("node rm of an online node requires -f", async () => {
    const { code, err } = await cluster.podling("node rm n2");
    expect(code).toBe(1);
    expect(err).toContain("Stop its worker first, or use podling node rm -f n2");
    expect(await cluster.podling("node rm -f n2")).toEqual({ code: 0, out: "n2\n", err: "" });
    expect((await cluster.podling("nodes -o name")).out).toBe("n1\n");
  });

  test.each([
    ["node crodon n1", 'error: podling node has no command "crodon". See podling help node.\n'],
    ["node cordon", "error: node cordon: NODE is missing. Usage: podling node cordon NODE [NODE ...]\n"],
  ])("podling %s", async (line, err) => {
    expect(await cluster.podling(line)).toEqual({ code: 64, out: "", err });
  });
});

describe("events", () => {
  test("one sentence or one line of JSON for each event", async () => {
    const sentences = cluster.start("events --since 0");
    const json = cluster.start("events -o json --since 0");
    await until(() => sentences.out().includes("node n1") && json.out().includes("\n"));
    const { taskId } = await cluster.create("seen");
    await until(() => sentences.out().includes("task seen") && json.out().includes("task.created"));
    expect(sentences.out()).toMatch(new RegExp(`\\n\\d\\d:\\d\\d:\\d\\d r\\d+ task seen \\(${taskId}\\) scheduled: `));
    const events = json
      .out()
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { type: string });
    expect(events.map(({ type }) => type)).toContain("node.registered");
  });

  test("says who asked, with quotes around a name that is not verified", async () => {
    const user = (name: string) => ({ kind: "user", name, declared: true });
    const rows = [
      user("anna@laptop"),
      user("anonymous"),
      { kind: "user", name: "anna", declared: false },
      { kind: "node", name: "20250119123456-xyz98765", declared: true },
      { kind: "system", name: "reconciler", declared: false },
      undefined,
    ];
    const sent = rows.map((by) => {
      const data = { revision: 7, at: "2025-01-19T12:34:56.000Z", type: "task.removed", by, taskId: "t", name: "web" };
      return `id: 7\nevent: change\ndata: ${JSON.stringify(data)}\n\n`;
    });
    const refused = JSON.stringify({ error: "no", code: "unauthorized", hint: "" });
    const run = async (line: string) => {
      let requests = 0;
      const fetch = async () =>
        requests++ === 0 ? new Response(sent.join("")) : new Response(refused, { status: 401 });
      return (await cluster.start(line, { fetch }).ended).out.trim().split("\n");
    };
    expect(await run("events")).toEqual(
      [' (by "anna@laptop")', " (by anonymous)", " (by anna)", " (by worker)", " (by master)", ""].map(
        (by) => `12:34:56 r7 task web (t) removed${by}`,
      ),
    );
    const printed = (await run("events -o json")).map((line) => (JSON.parse(line) as { by?: object }).by);
    expect(printed).toEqual(rows);
  });

  test("a kind of record that this program does not know", async () => {
    const data = { revision: 7, at: "2025-01-19T12:34:56.000Z", type: "config.created", config: { name: "app" } };
    let requests = 0;
    const running = cluster.start("events", {
      fetch: async () =>
        requests++ === 0
          ? new Response(`id: 7\nevent: change\ndata: ${JSON.stringify(data)}\n\n`)
          : new Response(JSON.stringify({ error: "no", code: "unauthorized", hint: "" }), { status: 401 }),
    });
    expect((await running.ended).out).toBe("12:34:56 r7 config app created\n");
  });

  test("continues after the last revision when the connection was lost", async () => {
    const since: (string | null)[] = [];
    const event = (revision: number) =>
      `id: ${revision}\nevent: change\ndata: ${JSON.stringify({ revision, at: "2025-01-19T12:34:56.000Z", type: "task.removed", taskId: "t", name: `task-${revision}` })}\n\n`;
    const running = cluster.start("events", {
      fetch: async (url) => {
        since.push(new URL(url).searchParams.get("since"));
        if (since.length === 1) return new Response(event(7));
        if (since.length === 2) return new Response(event(8) + event(9));
        const code = since.length === 3 ? "revision-too-old" : "unauthorized";
        return new Response(JSON.stringify({ error: code, code, hint: "" }), {
          status: since.length === 3 ? 410 : 401,
        });
      },
    });
    const { code, out, err } = await running.ended;
    expect(since).toEqual([null, "7", "9", null]);
    expect(out).toBe(
      "12:34:56 r7 task task-7 (t) removed\n12:34:56 r8 task task-8 (t) removed\n12:34:56 r9 task task-9 (t) removed\n",
    );
    expect(code).toBe(1);
    expect(err).toBe(
      "lost the connection to the master; reconnecting\nlost the connection to the master; reconnecting\nchanges were missed: revision-too-old\nerror: unauthorized. Set the token with --token-file or PODLING_TOKEN, or use a context that has it: podling help context.\n",
    );
  });
});

describe("version", () => {
  test("client and master, as text and JSON", async () => {
    expect((await cluster.podling("version")).out).toBe(
      `client  1.2.3 (abcdef)\nmaster  1.2.3 (abcdef) at ${cluster.url}\n`,
    );
    expect(JSON.parse((await cluster.podling("version -o json")).out)).toMatchObject({
      client: { version: "1.2.3" },
      server: { api: "v1" },
    });
  });

  test("--client needs no master", async () => {
    expect(await podling("--version")).toEqual({ code: 0, out: "podling 1.2.3 (abcdef)\n", err: "" });
    expect((await podling("version --client -o json")).code).toBe(0);
  });
});

describe("the master", () => {
  const nothingThere = async () => {
    throw Object.assign(new Error("no"), { code: "ConnectionRefused" });
  };

  test("is not running on this machine", async () => {
    const { code, err } = await podling("ps", { fetch: nothingThere });
    expect(code).toBe(1);
    expect(err).toBe(
      "error: cannot reach http://localhost:8080: connection refused. Is the master running? Start one with podling up\n",
    );
  });

  test("is not running on another machine", async () => {
    const { err } = await podling("nodes --master n9:8080", { fetch: nothingThere });
    expect(err).toStartWith("error: cannot reach http://n9:8080: connection refused. Is the master running there?");
  });

  test("--master overrides PODLING_MASTER_URL; localhost becomes 127.0.0.1", async () => {
    const called: string[] = [];
    const fetch = async (url: string) => {
      called.push(url);
      return new Response("[]", { headers: { "content-type": "application/json" } });
    };
    const env = { PODLING_MASTER_URL: "http://env:1" };
    await podling("nodes -q --master http://flag:2/", { env, fetch });
    await podling("nodes -q", { env, fetch });
    await podling("nodes -q", { fetch });
    await podling("nodes -q --master localhost:9", { fetch });
    expect(called).toEqual([
      "http://flag:2/api/v1/nodes",
      "http://env:1/api/v1/nodes",
      "http://127.0.0.1:8080/api/v1/nodes",
      "http://127.0.0.1:9/api/v1/nodes",
    ]);
    const wrong = await podling("nodes --master ftp://x");
    expect(wrong.code).toBe(64);
    expect(wrong.err).toStartWith("error: --master: expected a URL");
  });

  test("gets the declared user with each request", async () => {
    const users: (string | null)[] = [];
    const fetch = async (_: string, init: RequestInit) => {
      users.push(new Headers(init.headers).get("podling-user"));
      return new Response("[]", { headers: { "content-type": "application/json" } });
    };
    await podling("nodes -q", { fetch });
    expect(users).toEqual(["tester@test"]);
  });

  test("requires a token", async () => {
    const guarded = new Cluster("secret");
    try {
      const without = await guarded.podling("nodes");
      expect(without.code).toBe(1);
      expect(without.err).toEndWith(
        "Set the token with --token-file or PODLING_TOKEN, or use a context that has it: podling help context.\n",
      );
      expect((await guarded.podling("nodes --token secret")).code).toBe(0);
      expect((await guarded.podling("nodes", { env: { PODLING_TOKEN: "secret" } })).code).toBe(0);
    } finally {
      await guarded.stop();
    }
  });

  test("is another program", async () => {
    const fetch = async () => new Response("<html>It works!</html>", { status: 404 });
    const { code, err } = await podling("ps", { fetch });
    expect(code).toBe(1);
    expect(err).toContain("the answer (HTTP 404) is not from Podling: <html>It works!</html>");
  });

  test("-v shows requests on stderr, not on stdout", async () => {
    const { out, err } = await cluster.podling("-v nodes -o name");
    expect(out).toBe("n1\n");
    expect(err).toMatch(/^> GET http:\/\/127\.0\.0\.1:\d+\/api\/v1\/nodes\n< 200 OK after \d+ ms\n$/);
  });
});
