// Lists at 80 columns: with long names and the longest words that a status has, the status is whole, and no line is broken.

import { describe, expect, test } from "bun:test";
import { taskViewOf } from "../../../test/fixtures/task-view.ts";
import type { TaskView } from "../../api/views/task.ts";
import type { NodeId, TaskId } from "../../model/ids.ts";
import { jobReasons } from "../../model/job/schema.ts";
import type { JobView } from "../../model/job/view.ts";
import type { Node } from "../../model/node/node.ts";
import { scheduleReasons } from "../../model/schedule/schema.ts";
import type { ScheduleView } from "../../model/schedule/view.ts";
import type { Endpoint } from "../../model/service/endpoint.ts";
import { serviceReasons } from "../../model/service/schema.ts";
import type { RevisionView, ServiceView } from "../../model/service/view.ts";
import type { PodView } from "../../model/task/pod-view.ts";
import { reasonCodes } from "../../model/task/reason.ts";
import type { VolumeView } from "../../model/volume/volume.ts";
import { contentColumns } from "./contents.ts";
import { endpointColumns } from "./endpoints.ts";
import { jobColumns, scheduleColumns } from "./jobs.ts";
import { nodeColumns } from "./nodes.ts";
import { podColumns } from "./pods.ts";
import { replicaColumns, revisionColumns, serviceColumns } from "./services.ts";
import { plainStyle } from "./style.ts";
import { type Column, renderTable } from "./table.ts";
import { taskColumns } from "./tasks.ts";
import { volumeColumns } from "./volumes.ts";

const now = Date.parse("2025-01-19T12:40:00.000Z");
const at = "2025-01-15T12:34:56.000Z";
const long = "a-name-that-a-user-has-made-far-too-long-for-a-terminal";
const image = "registry.example.com:5000/team/a-repository-with-a-long-name:2025.01.19-1";
const id = "20250119120000-abc12345";
const spec = { containers: [{ image }] };
const ports = [{ hostIp: "127.0.0.1", hostPort: 18080, containerPort: 8080, protocol: "tcp" as const }];
const nodes = new Map([[id as NodeId, { hostname: long } as Node]]);

/** A row of these fields: columns read no others. */
const row = <Row>(fields: object): Row => fields as Row;

const task = (fields: object): TaskView =>
  taskViewOf({ taskId: id as TaskId, name: long, image, createdAt: at, nodeId: id as NodeId, ...fields });

const containers = [
  { name: "app", ready: true, status: "running" },
  { name: "cache", ready: false, status: "running" },
];

/** One for each reason, as far as a status names it. */
const tasks = reasonCodes.map((code) =>
  task({ status: "scheduled", reason: { code, message: "because" }, publishedPorts: ports }),
);
const pods = tasks.map((one) => ({ ...one, containers: containers as never }));

const node = row<Node>({
  ...{ nodeId: id, hostname: long, status: "online", schedulable: false, runningTasks: 120, capacity: 1000 },
  ...{ cpu: 64, memory: 256 * 1024 ** 3, used: { cpu: 12.5, memory: 100 * 1024 ** 3 }, registeredAt: at },
  ...{ suspect: { code: "connection-broken", message: "", since: at }, flapping: null, engineError: "gone" },
  draining: { since: at, deadlineAt: at, by: "anna" },
});

const jobs = jobReasons.map((code) =>
  row<JobView>({
    ...{ jobId: id, name: long, spec, status: "waiting", reason: { code, message: "because" } },
    ...{ succeeded: 1000, completions: 1000, active: 100, failed: 100, createdAt: at },
  }),
);
const schedules = scheduleReasons.map((code) =>
  row<ScheduleView>({
    ...{ scheduleId: id, name: long, cron: "*/15 0,6,12,18 1-15 JAN-JUN MON-FRI", timezone: "America/Argentina/Salta" },
    ...{ reason: { code, message: "because" }, nextDueAt: "2025-02-19T12:40:00.000Z", lastDueAt: at },
    ...{ active: 100, missed: 1000 },
  }),
);
const services = serviceReasons.map((code) =>
  row<ServiceView>({
    ...{ serviceId: id, name: long, template: spec, replicas: { serving: 1000, wanted: 1000 }, target: 1000 },
    ...{ stable: 1000, reason: { code, message: "because" }, createdAt: at },
  }),
);
const podViews = ["pending", "scheduled", "running", "succeeded", "failed"].map((status) =>
  row<PodView>({
    ...{ podId: id, name: long, namespace: long, status, reason: { code: "running", message: "" }, restarts: 12 },
    containers: [{ name: long }, { name: long }],
  }),
);
const volumes = ["unbound", "bound", "released"].map((state) =>
  row<VolumeView>({
    ...{ name: long, hostname: long, state, writers: "many", usedBy: [{ name: long }, { name: long }], createdAt: at },
    message: `its data is on ${long}, offline since 02:13`,
  }),
);
const endpoints = [false, true].map((draining) =>
  row<Endpoint>({
    ...{ taskId: id, name: long, slot: "1", revision: 1000, hostname: long, address: "10.0.0.1", draining },
    ports: ports.map((port) => ({ ...port, address: "10.0.0.1" })),
  }),
);
const revisions = [999, 1000].map((number) =>
  row<RevisionView>({
    number,
    spec,
    images: [{ image, digest: `sha256:${"a".repeat(64)}` }],
    by: long,
    at,
    note: long,
  }),
);
const contents = [{ name: long, version: 1000, bytes: 512_000, labels: { [long]: long }, createdAt: at, by: long }];

interface List {
  of: string;
  columns: readonly Column<never>[];
  rows: readonly unknown[];
  /** The column that the list is read for. */
  status: string;
}

const list = <Row>(of: string, columns: readonly Column<Row>[], rows: readonly Row[], status: string): List => ({
  ...{ of, columns: columns as readonly Column<never>[], rows, status },
});

const view = { now, nodes, wide: false };
const lists: List[] = [
  list("ps", taskColumns({ ...view, bars: tasks }), tasks, "STATUS"),
  list("ps with pods", taskColumns({ ...view, hasPods: true }), pods, "STATUS"),
  list("pod list", podColumns, podViews, "STATUS"),
  list("nodes", nodeColumns(now, false), [node], "STATUS"),
  list("nodes with bars", nodeColumns(now, false, true), [node], "STATUS"),
  list("service ls", serviceColumns(now, false), services, "STATE"),
  list("service ps", replicaColumns(now, nodes, tasks), tasks, "STATUS"),
  list("service ps with pods", replicaColumns(now, nodes, pods), pods, "STATUS"),
  list("service history", revisionColumns(now, services[0]!), revisions, "IS"),
  list("service endpoints", endpointColumns(endpoints), endpoints, "STATE"),
  list("job ls", jobColumns(now, false), jobs, "STATUS"),
  list("job ls of schedules", scheduleColumns(now, false), schedules, "STATE"),
  list("volume ls", volumeColumns(now), volumes, "STATE"),
  list("config ls", contentColumns(now), contents, "VERSION"),
];

describe.each(lists)("$of at 80 columns", ({ columns, rows, status }) => {
  test("each status is whole, and each row is one line of the terminal", () => {
    for (const one of rows) {
      const text = renderTable(columns, [one as never], plainStyle, 80);
      const [head = "", line = ""] = text.split("\n");
      expect(head.split(/ {2,}/)).toContain(status);
      expect(line).toContain(columns.find(({ title }) => title === status)!.text(one as never));
      expect(Math.max(head.length, line.length)).toBeLessThanOrEqual(80);
    }
  });

  test("all rows together are so, too, and in a pipe no column is missing", () => {
    const text = renderTable(columns, rows as never[], plainStyle, 80);
    for (const line of text.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
    for (const one of rows) expect(text).toContain(columns.find(({ title }) => title === status)!.text(one as never));
    const [head = ""] = renderTable(columns, rows as never[], plainStyle, null).split("\n");
    expect(head.trim().split(/ {2,}/)).toEqual(columns.map(({ title }) => title));
  });
});

test("columns that matter less are left out one after the other", () => {
  const [waiting] = jobs.filter(({ reason }) => reason.code === "back-off");
  const titles = (width: number) => renderTable(jobColumns(now, false), [waiting!], plainStyle, width).split("\n")[0];
  expect(titles(200)).toMatch(/^NAME +ID +IMAGE +STATUS +DONE +ACTIVE +FAILED +AGE$/);
  expect(titles(80)).toMatch(/^NAME +ID +IMAGE +STATUS +DONE +FAILED +AGE$/);
  expect(titles(60)).toMatch(/^NAME +ID +STATUS +DONE +AGE$/);
});

test("the history marks the revision that the record names, whatever the sentence says", () => {
  const shown = (reason: object) => {
    const columns = revisionColumns(now, { ...services[0]!, reason: reason as ServiceView["reason"] });
    return renderTable(columns, revisions, plainStyle, null);
  };
  const message = "revision 999 failed: web.1: exited with code 1; back to revision 1000";
  expect(shown({ code: "rolled-back", message: "in any words", failedRevision: 999 })).toMatch(/\n +999 .* failed /);
  // A record from before the field.
  expect(shown({ code: "rolled-back", message })).not.toContain("failed");
});

test("where ports are too wide, they are shown without addresses before they are cut", () => {
  const one = task({ name: "web", image: "nginx:1.27", status: "running", publishedPorts: ports });
  const text = (width: number) => renderTable(taskColumns(view), [one], plainStyle, width);
  expect(text(200)).toContain(" 127.0.0.1:18080->8080/tcp ");
  expect(text(80)).toContain(" 18080->8080 ");
});

test("READY: how many containers of a pod are ready; of a task of one, whether that is", () => {
  const rows = [
    task({ name: "pod", status: "running", ready: false, containers }),
    task({ name: "one", status: "running", ready: true }),
    task({ name: "slow", status: "running", ready: false }),
  ];
  const text = renderTable(taskColumns({ ...view, hasPods: true }), rows, plainStyle, null);
  expect(text).toMatch(/^NAME +ID +IMAGE +READY +STATUS .*\npod .* 1\/2 .*\none .* 1\/1 .*\nslow .* 0\/1 /);
  expect(renderTable(replicaColumns(now, nodes, rows), rows, plainStyle, null)).toMatch(/READY[^\n]*\npod .* 1\/2 /);
});
