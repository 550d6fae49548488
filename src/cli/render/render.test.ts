// Text output: tables at 80 columns and in a pipe, ages and waits.

import { describe, expect, test } from "bun:test";
import { taskViewOf } from "../../../test/fixtures/task-view.ts";
import type { TaskView } from "../../api/views/task.ts";
import type { NodeId, TaskId } from "../../model/ids.ts";
import type { Node } from "../../model/node/node.ts";
import { bar } from "./bar.ts";
import { labelsText, nodeColumns, nodeNotes, nodeStatus } from "./nodes.ts";
import { Progress } from "./progress.ts";
import { createStyle, oneLine, plainStyle, supportsUtf8, truncate } from "./style.ts";
import { type Column, renderBlocks, renderTable } from "./table.ts";
import { portsText, reasonText, statusText, taskColumns } from "./tasks.ts";
import { formatAge, formatWait } from "./time.ts";
import { counted, listed } from "./words.ts";

const now = Date.parse("2025-01-19T12:40:00.000Z");
const n1 = "20250119120000-aaaaaaaa" as NodeId;

function task(set: Partial<TaskView>) {
  return taskViewOf({
    taskId: "20250119123456-abc12345" as TaskId,
    name: "web",
    image: "nginx:1.27",
    createdAt: "2025-01-19T12:34:56.000Z",
    ...set,
  });
}

const tasks = [
  task({ status: "running", reason: { code: "running", message: "running" }, nodeId: n1 }),
  task({
    name: "a-task-whose-name-is-far-too-long-for-a-terminal-of-80-columns",
    reason: { code: "no-node-fits", message: "0 of 2 nodes fit: 2 are cordoned" },
    createdAt: "2025-01-19T12:39:58.000Z",
  }),
  task({
    name: "job",
    status: "failed",
    exitCode: 3,
    reason: { code: "exited", message: "exited with code 3" },
    nodeId: "20250119120000-bbbbbbbb" as NodeId,
    restarts: 12,
    createdAt: "2025-01-15T12:34:56.000Z",
  }),
];
const columns = (wide: boolean) => taskColumns({ now, nodes: new Map([[n1, node]]), wide });

describe("tasks", () => {
  test("at 80 columns", () => {
    const text = renderTable(columns(false), tasks, plainStyle, 80);
    expect(text).toBe(
      `${[
        "NAME          ID        IMAGE       STATUS                  NODE      PORTS  AGE",
        "web           abc12345  nginx:1.27  running                 n1        -       5m",
        "a-task-whos…  abc12345  nginx:1.27  pending (no-node-fits)  -         -       2s",
        "job           abc12345  nginx:1.27  failed (exit 3)         bbbbbbbb  -       4d",
      ].join("\n")}\n`,
    );
    for (const line of text.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
  });

  test("in a pipe nothing is cut, and no line ends in spaces", () => {
    const text = renderTable(columns(false), tasks, plainStyle, null);
    expect(text).toContain("a-task-whose-name-is-far-too-long-for-a-terminal-of-80-columns  abc12345");
    expect(text).toContain("pending (no-node-fits)");
    expect(text).not.toMatch(/ \n/);
  });

  test("wide adds the whole id, restarts and reason", () => {
    const [head, row] = renderTable(columns(true), tasks, plainStyle, null).split("\n");
    expect(head).toMatch(/^NAME +ID +IMAGE +STATUS +NODE +PORTS +RESTARTS +AGE +REASON$/);
    expect(row).toContain("20250119123456-abc12345");
  });

  test("the output of a probe is cut in a table", () => {
    const message = `running; not ready: its readiness probe failed: ${"x".repeat(4000)}`;
    const text = reasonText(task({ status: "running", reason: { code: "not-ready", message } }));
    expect(text).toStartWith("running; not ready: its readiness probe failed: xxx");
    expect(text.length).toBeLessThan(500);
  });

  test("wide shows the last log line of a failed run, and of no other", () => {
    const lastFailure = { finishedAt: null, exitCode: 3, log: ["first", `panic ${"x".repeat(200)}`] };
    const restarting = { code: "restarting" as const, message: "exited with code 3; restart 2 in 4 s" };
    const text = reasonText(task({ status: "running", reason: restarting, lastFailure }));
    expect(text).toMatch(/^exited with code 3; restart 2 in 4 s; last log line: panic x+…$/);
    expect(text.length).toBeLessThan(200);
    const running = { code: "running" as const, message: "running" };
    expect(reasonText(task({ status: "running", reason: running, lastFailure }))).toBe("running");
  });

  test.each([
    [{ status: "running", reason: { code: "restarting", message: "" } }, "restarting (0)"],
    [{ status: "running", reason: { code: "not-ready", message: "" } }, "running (not ready)"],
    [{ status: "running", reason: { code: "unhealthy", message: "" } }, "running (unhealthy)"],
    [{ status: "failed", exitCode: 143, reason: { code: "unhealthy", message: "" } }, "failed (unhealthy)"],
    [{ status: "scheduled", reason: { code: "pulling", message: "" } }, "scheduled (pulling)"],
    [{ status: "scheduled", reason: { code: "placed", message: "" } }, "scheduled"],
    [{ status: "scheduled", reason: { code: "never-started", message: "" } }, "scheduled (never-started)"],
    [{ status: "running", desired: "stopped", reason: { code: "stopping", message: "" } }, "running (stopping)"],
    [{ status: "completed", exitCode: 0, reason: { code: "exited", message: "" } }, "completed"],
    [{ status: "failed", exitCode: 137, reason: { code: "oom-killed", message: "" } }, "failed (oom-killed)"],
    [{ status: "stopped", exitCode: 143, reason: { code: "stopped", message: "" } }, "stopped"],
  ] as const)("%o", (set, text) => {
    expect(statusText(task(set as Partial<TaskView>))).toBe(text);
  });

  test("requested ports, then published ports", () => {
    const ports = [{ hostIp: "127.0.0.1", hostPort: null, containerPort: 80, protocol: "tcp" as const }];
    expect(portsText(task({ ports }))).toBe("127.0.0.1:?->80/tcp");
    const publishedPorts = [{ hostIp: "::1", hostPort: 8080, containerPort: 80, protocol: "tcp" as const }];
    expect(portsText(task({ ports, publishedPorts }))).toBe("[::1]:8080->80/tcp");
  });
});

const node: Node = {
  nodeId: n1,
  hostname: "n1",
  port: 8081,
  address: "10.0.0.1",
  capacity: 10,
  cpu: 2,
  memory: 4 * 1024 ** 3,
  labels: { disk: "ssd" },
  status: "online",
  schedulable: true,
  engine: { name: "docker", version: "27.1", os: "linux", arch: "amd64" },
  engineError: null,
  version: "0.1.0",
  suspect: null,
  flapping: null,
  registeredAt: "2025-01-19T10:00:00.000Z",
  runningTasks: 2,
  used: { cpu: 0.5, memory: 512 * 1024 ** 2 },
  lastHeartbeat: "2025-01-19T12:39:59.000Z",
};

test("nodes at 80 columns", () => {
  const nodes = [
    node,
    { ...node, hostname: "n2", schedulable: false, cpu: 0, memory: 0, used: { cpu: 0, memory: 0 }, runningTasks: 0 },
    { ...node, hostname: "n3", status: "offline" as const, engineError: "gone" },
  ];
  expect(renderTable(nodeColumns(now, false), nodes, plainStyle, 80)).toBe(
    `${[
      "NAME  ID        STATUS              TASKS  CPU    MEMORY     AGE",
      "n1    aaaaaaaa  online              2/10   0.5/2  0.5/4 GiB   2h",
      "n2    aaaaaaaa  online, cordoned    0/10   0/-    0 B/-       2h",
      "n3    aaaaaaaa  offline, no engine  2/10   0.5/2  0.5/4 GiB   2h",
    ].join("\n")}\n`,
  );
  expect(renderTable(nodeColumns(now, true), nodes, plainStyle, null)).toContain(
    "10.0.0.1:8081  docker 27.1  linux/amd64  0.1.0    disk=ssd  1s          2h  -\n",
  );
  expect(labelsText({ a: "", b: "c" })).toBe("a,b=c");
});

describe("online nodes without new tasks", () => {
  const since = "2025-01-19T12:39:50.000Z";
  const broken = { ...node, suspect: { code: "connection-broken" as const, message: "its connection broke", since } };
  const silent = { ...node, suspect: { code: "mass-silence" as const, message: "it is silent for 4 s", since } };
  const flapping = { losses: 4, lostAt: since, steadyUntil: "2025-01-19T12:41:00.000Z", steadyMs: 60_000 };

  test.each([
    ["online, suspect", broken],
    ["online, silent", silent],
    ["online, silent", { ...silent, flapping }],
    ["online, damped", { ...node, flapping }],
    ["online, draining", { ...node, draining: { since, deadlineAt: since, by: "anna" } }],
    [
      "online, cordoned, drained",
      { ...node, schedulable: false, runningTasks: 0, draining: { since, deadlineAt: since, by: "anna" } },
    ],
    ["online, damped, cordoned", { ...node, flapping, schedulable: false }],
    ["online", { ...node, flapping: { ...flapping, steadyUntil: null, steadyMs: 0 } }],
  ])("status %s", (text, one) => {
    expect(nodeStatus(one)).toBe(text);
  });

  test("have notes: one sentence for mass-loss protection, one for each other node, up to a limit", () => {
    expect(nodeNotes([node, { ...node, status: "offline" }], now)).toEqual([]);
    expect(nodeNotes([silent, { ...silent, hostname: "n2" }, node, broken], now)).toEqual([
      "mass-loss protection is active: 2 of 4 nodes stopped sending heartbeats at once. The cause may be the master's own network, so none is declared lost until more are back. If a machine is really dead: podling node lost n1",
      "n1: its connection broke",
    ]);
    const away = "the engine at unix:///x.sock does not answer: the socket does not exist. Is Docker installed?";
    expect(nodeNotes([{ ...node, engineError: away }], now)).toEqual([`n1: ${away}`]);
    expect(nodeNotes([{ ...node, flapping }], now)).toEqual([
      "n1: was lost 4 times lately: gets tasks only if no steady node fits, until 12:41:00 UTC (60 s without a loss)",
    ]);
    expect(nodeNotes([{ ...node, hostname: "n1-2", address: "10.0.0.2", askedHostname: "n1" }], now)).toEqual([
      "n1-2 (10.0.0.2) asked for the name n1, which another node has",
    ]);
    const many = nodeNotes(
      Array.from({ length: 9 }, () => broken),
      now,
    );
    expect(many).toHaveLength(6);
    expect(many.at(-1)).toBe("and 4 more: podling nodes -o wide");
  });
});

test("a table that is too wide is broken into several, each with the first column", () => {
  const engineError = "the engine does not answer: the socket does not exist. Is Docker installed and running?";
  const rows = [{ ...node, engineError }];
  const text = renderBlocks(nodeColumns(now, true), rows, plainStyle, 80);
  for (const line of text.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
  const heads = text.split("\n").filter((line) => line.startsWith("NAME"));
  expect(heads.length).toBeGreaterThan(1);
  const titles = nodeColumns(now, true).map(({ title }) => title);
  expect(
    heads
      .join(" ")
      .split(/ +/)
      .filter((title) => title !== "NAME"),
  ).toEqual(titles.slice(1));
  expect(text).toMatch(/the engine does not answer: the socket[^\n]*…\n$/);
  expect(renderBlocks(nodeColumns(now, true), rows, plainStyle, 400).split("\n")).toHaveLength(3);
});

test("load as bars", () => {
  expect([0, 0.001, 0.5, 0.9, 1, 7].map(bar)).toEqual(["░░░░░", "▏░░░░", "██▌░░", "████▌", "█████", "█████"]);
  const half = { ...node, runningTasks: 5, used: { cpu: 1, memory: 1024 ** 3 } };
  expect(renderTable(nodeColumns(now, false, true), [half], plainStyle, 80).split("\n")[1]).toBe(
    "n1    aaaaaaaa  online  ██▌░░ 5/10  ██▌░░ 1/2  █▎░░░ 1/4 GiB   2h",
  );
  const resources = { cpu: { request: 0, limit: null }, memory: { request: 2 * 1024 ** 3, limit: null } };
  const reserving = task({ resources, nodeId: n1, status: "running" });
  const nodes = new Map([[n1, node]]);
  const drawn = (bars: TaskView[], wide = false) =>
    renderTable(taskColumns({ now, nodes, wide, bars }), [reserving], plainStyle, null);
  expect(drawn([reserving])).toMatch(/LOAD +AGE\n.* ██▌░░ +5m\n$/);
  expect(drawn([reserving], true)).toContain("██▌░░ 50 %");
  expect(drawn([task({})])).not.toContain("LOAD");
});

test("the load of tasks is left out of a table that it would make too wide, before anything is cut", () => {
  const resources = { cpu: { request: 0, limit: null }, memory: { request: 1024 ** 3, limit: null } };
  const publishedPorts = [{ hostIp: "127.0.0.1", hostPort: 8090, containerPort: 80, protocol: "tcp" as const }];
  const rows = [task({ resources, nodeId: n1, publishedPorts, status: "completed" }), task({ resources, nodeId: n1 })];
  const columns = taskColumns({ now, nodes: new Map([[n1, node]]), wide: false, bars: rows });
  const whole = renderTable(columns, rows, plainStyle, null);
  const width = Math.max(...whole.split("\n").map((line) => line.length));
  expect(whole).toMatch(/PORTS +LOAD +AGE\n/);
  expect(renderTable(columns, rows, plainStyle, width)).toBe(whole);
  const narrow = renderTable(columns, rows, plainStyle, width - 1);
  expect(narrow).not.toContain("LOAD");
  expect(narrow).toContain("127.0.0.1:8090->80/tcp");
  expect(narrow).not.toContain("…");
});

test("counts and lists in a sentence", () => {
  expect([counted(0, "task"), counted(1, "task"), counted(2, "task")]).toEqual(["0 tasks", "1 task", "2 tasks"]);
  expect(listed(["a", "b"])).toBe("a, b");
  expect(listed(["a", "b", "c", "d", "e"], "; ")).toBe("a; b; c; d; e");
  expect(listed(["a", "b", "c", "d", "e", "f", "g"])).toBe("a, b, c, d, e and 2 more");
});

test("a sentence in the last column continues below itself on a terminal", () => {
  const rows = [
    { node: "n1", why: "it ended 25 s ago and its task is over: its log is removed with it, and so is its folder" },
    { node: "n2", why: "short" },
  ];
  const columns: Column<(typeof rows)[number]>[] = [
    { title: "NODE", text: ({ node }) => node },
    { title: "WHY", text: ({ why }) => why, wraps: true },
  ];
  expect(renderTable(columns, rows, plainStyle, 60)).toBe(
    [
      "NODE  WHY",
      "n1    it ended 25 s ago and its task is over: its log is",
      "      removed with it, and so is its folder",
      "n2    short",
      "",
    ].join("\n"),
  );
  expect(renderTable(columns, rows, plainStyle, null).split("\n")).toHaveLength(4);
});

describe("style", () => {
  test("control characters are removed", () => {
    expect(oneLine("a\x1b[31mb\nc\td\x9b2J")).toBe("a [31mb c d 2J");
  });

  test("text is cut by its width on the terminal", () => {
    expect(truncate("hello", 5, "…")).toBe("hello");
    expect(truncate("hello world", 8, "…")).toBe("hello w…");
    expect(truncate("hello world", 7, "…")).toBe("hello…");
    expect(truncate("日本語です", 6, "…")).toBe("日本…");
    expect(truncate("hello", 4, "...")).toBe("h...");
  });

  test("colours wrap the text, not its padding", () => {
    const style = createStyle(true, true);
    const table = renderTable(columns(false), [tasks[0]!], style, 80);
    expect(table).toContain("\x1b[32mrunning\x1b[39m  n1");
  });

  test.each([
    [{}, true],
    [{ LANG: "en_US.UTF-8" }, true],
    [{ LANG: "C.utf8" }, true],
    [{ LANG: "C" }, false],
    [{ LANG: "en_US.UTF-8", LC_ALL: "POSIX" }, false],
  ])("%o", (env, utf8) => {
    expect(supportsUtf8(env as Record<string, string>)).toBe(utf8);
  });
});

describe("times", () => {
  test.each([
    [-5, "0s"],
    [5_999, "5s"],
    [180_000, "3m"],
    [7_300_000, "2h"],
    [4 * 86_400_000, "4d"],
  ])("an age of %i ms", (ms, text) => {
    expect(formatAge(ms)).toBe(text);
  });

  test.each([
    [320, "0.3 s"],
    [42_000, "42 s"],
    [200_000, "3m 20s"],
    [300_000, "5m"],
  ])("a wait of %i ms", (ms, text) => {
    expect(formatWait(ms)).toBe(text);
  });
});

describe("progress", () => {
  function output(isTty: boolean) {
    let text = "";
    return {
      isTty,
      columns: () => 20,
      rows: () => 24,
      write: async (data: string | Uint8Array) => {
        text += data;
      },
      text: () => text,
    };
  }

  test("on a terminal one line is rewritten and then erased", async () => {
    const terminal = output(true);
    const progress = new Progress(terminal, plainStyle);
    await progress.show("pulling 40%", "pulling");
    await progress.show("pulling 40%", "pulling");
    await progress.show("a sentence that is too long", "other");
    await progress.clear();
    await progress.clear();
    expect(terminal.text()).toBe("\r\x1b[Kpulling 40%\r\x1b[Ka sentence that…\r\x1b[K");
  });

  test("in a pipe there is a line for each step", async () => {
    const pipe = output(false);
    const progress = new Progress(pipe, plainStyle);
    await progress.show("pulling 40%", "pulling");
    await progress.show("pulling 60%", "pulling");
    await progress.show("starting", "starting");
    await progress.clear();
    expect(pipe.text()).toBe("pulling 40%\nstarting\n");
  });
});
