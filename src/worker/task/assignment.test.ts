// What masters send for a task, of this release, of 0.1.0 and of later ones, and what the worker makes of it.

import { describe, expect, test } from "bun:test";
import type { TaskId } from "../../model/ids.ts";
import { imagesOf, specDefaults } from "../../model/task/spec.ts";
import { containerAssignment, isToRun, parseAssignment, volumesOf, type WireAssignment } from "./assignment.ts";

const taskId = "20250119120000-aaaaaaaa" as TaskId;

/** As a master of 0.1.0 sends it, every field given. */
const flat = {
  ...{ taskId, name: "web", image: "nginx:1.27", command: ["sh"], args: ["-c", "true"], env: { A: "1" } },
  labels: { app: "web" },
  ports: [{ hostPort: 8080, containerPort: 80, protocol: "tcp" as const, hostIp: "127.0.0.1" }],
  resources: { cpu: { request: 1, limit: null }, memory: { request: 0, limit: 1024 } },
  mounts: [{ type: "volume" as const, source: "data", target: "/data", readOnly: false, sizeBytes: null }],
  restartPolicy: { ...specDefaults.restartPolicy, mode: "always" as const },
  ...{ constraints: [], stopGraceSeconds: 3, user: "1000", workingDir: "/srv", platform: "linux/amd64" },
  ...{ pullPolicy: "always" as const, desired: "running" as const, status: "running" as const },
  ...{ reason: { code: "running", message: "running" }, ready: true },
  ...{ nodeId: "node-aaaaaaaa", containerId: "c1", exitCode: 3, oomKilled: true, restarts: 2, error: "oops" },
  publishedPorts: [{ hostIp: "127.0.0.1", hostPort: 8080, containerPort: 80, protocol: "tcp" as const }],
  ...{ createdAt: "2025-01-19T12:00:00.000Z", scheduledAt: null, scheduledRevision: 4 },
  ...{ startedAt: "2025-01-19T12:00:01.000Z", finishedAt: null, replaces: null, replacedBy: null },
};

describe("a flat task", () => {
  test("has one container, called main", () => {
    expect(parseAssignment(flat)).toEqual({
      taskId,
      spec: {
        name: "web",
        labels: { app: "web" },
        containers: [
          {
            ...{ name: "main", image: "nginx:1.27", command: ["sh"], args: ["-c", "true"], env: { A: "1" } },
            ...{ ports: flat.ports, resources: flat.resources, mounts: flat.mounts },
            ...{ user: "1000", workingDir: "/srv", pullPolicy: "always" },
          },
        ],
        init: [],
        restartPolicy: flat.restartPolicy,
        stopGraceSeconds: 3,
        platform: "linux/amd64",
      },
      ...{ desired: "running", status: "running", restartRequest: { count: 0, by: null, askedAt: null } },
      ...{ reasonCode: "running", ready: true, placedAt: 4 },
      containers: [
        {
          ...{ name: "main", containerId: "c1", exitCode: 3, oomKilled: true, restarts: 2, error: "oops" },
          requestedRestarts: 0,
          ...{ publishedPorts: flat.publishedPorts, startedAt: flat.startedAt, lastFailure: null },
        },
      ],
    });
  });

  test("may leave out whatever has its default", () => {
    const { spec, desired, status, containers } = parseAssignment({ taskId, name: "web", image: "nginx" });
    const { constraints: _, ...defaults } = specDefaults;
    expect({ ...spec, ...spec.containers[0], name: "" }).toMatchObject({ ...defaults, image: "nginx" });
    expect({ desired, status }).toEqual({ desired: "running", status: "scheduled" });
    expect(containers).toMatchObject([{ name: "main", containerId: null, restarts: 0, lastFailure: null }]);
  });

  test("stays flat if a later master also says what it observed of each container", () => {
    const containers = [{ name: "main", restarts: 7 }];
    const { spec } = parseAssignment({ ...flat, containers });
    expect(spec.containers.map(({ image }) => image)).toEqual(["nginx:1.27"]);
  });
});

describe("a task of several containers", () => {
  const pod: WireAssignment = {
    ...{ taskId, name: "web" },
    init: [{ name: "migrate", image: "app:1" }],
    containers: [
      { name: "main", image: "app:1", mounts: flat.mounts },
      { name: "side", image: "proxy:1", restarts: 2 },
    ],
  };

  test("has each of them, with what the record says of it", () => {
    const assignment = parseAssignment(pod);
    expect(imagesOf(assignment.spec)).toEqual(["app:1", "app:1", "proxy:1"]);
    expect(volumesOf(assignment)).toEqual(["data"]);
    const side = containerAssignment(assignment, "side");
    expect(side).toMatchObject({ taskId, spec: { image: "proxy:1" }, recorded: { name: "side", restarts: 2 } });
    expect(containerAssignment(assignment, "none")).toBeNull();
  });
});

test("a value that is not a task is refused", () => {
  for (const wire of [{}, { taskId, name: "web" }, { taskId, image: "nginx" }, { taskId, name: "web", image: 5 }])
    expect(() => parseAssignment(wire as never)).toThrow(TypeError);
});

test("a draining task keeps running, a stopped one does not", () => {
  const desired = (["running", "draining", "stopped"] as const).map((one) => isToRun({ desired: one }));
  expect([...desired, isToRun(null)]).toEqual([true, true, false, false]);
});
