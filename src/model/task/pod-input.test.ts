// The input of a task of several containers: what is refused, and the template that is made of it.

import { describe, expect, test } from "bun:test";
import { checkTaskInput } from "./check-input.ts";
import { inputOfSpec, specOfInput } from "./input-spec.ts";
import { requirementsOf } from "./requirements.ts";
import { packSpec, unpackSpec } from "./spec.ts";
import { taskInput } from "./task-input.ts";

const app = { name: "app", image: "app:1" };
const db = { name: "db", image: "db:1" };
const pod = (more: object = {}) => ({ name: "web", containers: [app, db], ...more });

const specOf = (input: object) => unpackSpec(specOfInput(taskInput.parse(input)));

describe("refused, with the field and what to do", () => {
  const rows: [what: string, input: object, field: string][] = [
    ["no container", pod({ containers: [] }), "containers"],
    ["only sidecars", pod({ containers: [{ ...app, sidecar: true }] }), "containers"],
    ["an image beside containers", pod({ image: "x" }), "image"],
    ["ports beside containers", pod({ ports: [{ containerPort: 80 }] }), "ports"],
    ["a health check beside containers", pod({ health: { disabled: true } }), "health"],
    ["two of one name", pod({ containers: [app, app] }), "containers[1].name"],
    ["an init container of the same name", pod({ initContainers: [db] }), "initContainers[0].name"],
    [
      "an init container named as the only one",
      { ...app, initContainers: [{ ...db, name: "main" }] },
      "initContainers[0].name",
    ],
    ["the name of the sandbox", pod({ containers: [app, { ...db, name: "sandbox" }] }), "containers[1].name"],
    ["a wrong amount", pod({ containers: [{ ...app, resources: { memory: "1" } }] }), "containers[0].resources.memory"],
    [
      "too many",
      pod({ containers: Array.from({ length: 16 }, (_, at) => ({ ...app, name: `a${at}` })), initContainers: [db] }),
      "containers",
    ],
    ["itself before it", pod({ containers: [{ ...app, dependsOn: ["app"] }, db] }), "containers[0].dependsOn.app"],
    [
      "one that is not there",
      pod({ containers: [{ ...app, dependsOn: ["cache"] }, db] }),
      "containers[0].dependsOn.cache",
    ],
    [
      "an init container before it",
      pod({ containers: [{ ...app, dependsOn: ["init"] }], initContainers: [{ ...db, name: "init" }] }),
      "containers[0].dependsOn.init",
    ],
    [
      "the end of a sidecar",
      pod({
        containers: [
          { ...app, dependsOn: { db: "completed" } },
          { ...db, sidecar: true },
        ],
      }),
      "containers[0].dependsOn.db",
    ],
    [
      "a circle",
      pod({
        containers: [
          { ...app, dependsOn: ["db"] },
          { ...db, dependsOn: { app: "healthy" } },
        ],
      }),
      "containers",
    ],
    [
      "one host port twice",
      pod({ containers: [app, db].map((one) => ({ ...one, ports: [{ containerPort: 80, hostPort: 8080 }] })) }),
      "containers[].ports",
    ],
    [
      "ports without a network",
      pod({ network: { mode: "none" }, containers: [{ ...app, ports: [{ containerPort: 80 }] }] }),
      "containers[].ports",
    ],
    [
      "a shared folder without a name",
      pod({ containers: [{ ...app, mounts: [{ type: "shared", target: "/x" }] }] }),
      "containers[0].mounts[0].source",
    ],
  ];
  test.each(rows)("%s", (_, input, field) => {
    const outcome = checkTaskInput(taskInput.parse(input));
    if (outcome.ok) throw new Error("it was taken");
    expect(outcome.refusal).toMatchObject({ code: "unprocessable", details: { field }, hint: expect.any(String) });
  });
});

test("a network in one of several is an unknown field", () => {
  const result = taskInput.safeParse(pod({ containers: [{ ...app, network: { mode: "host" } }] }));
  expect(result.error?.issues[0]).toMatchObject({ code: "unrecognized_keys", keys: ["network"] });
});

test("a list of names to wait for means that they are started", () => {
  const spec = specOf(pod({ containers: [{ ...app, dependsOn: ["db"] }, db] }));
  expect(spec.containers[0]!.dependsOn).toEqual({ db: "started" });
});

test("the network of the task is that of its first container", () => {
  const { containers } = specOf(pod({ network: { hostname: "web" } }));
  expect(containers.map(({ network }) => network)).toEqual([{ hostname: "web" }, undefined]);
});

test("an only container gives the task its restart policy", () => {
  const spec = specOf({ name: "web", containers: [{ ...app, restartPolicy: "always" }] });
  expect(spec.restartPolicy.mode).toBe("always");
  expect(spec.containers).toEqual(specOf({ name: "web", containers: [app] }).containers);
});

test.each([
  [pod()],
  [
    pod({
      network: { hostname: "web" },
      restartPolicy: "always",
      initContainers: [{ name: "init", image: "i", args: [] }],
    }),
  ],
  [
    pod({
      containers: [
        { ...app, sidecar: true, dependsOn: { db: "healthy" }, command: [] },
        { ...db, restartPolicy: "always" },
      ],
    }),
  ],
  [{ name: "web", image: "app:1", initContainers: [{ name: "init", image: "i" }] }],
  [{ name: "web", containers: [{ ...app, env: { A: "1" } }] }],
])("the input that a template is shown as makes the same template: %j", (input) => {
  const spec = specOf(input);
  expect(specOf({ name: "web", ...inputOfSpec(packSpec(spec)) })).toEqual(spec);
});

describe("what the scheduler reserves", () => {
  const cpu = (amount: number) => ({ resources: { cpu: amount } });

  test("is the sum of the containers", () => {
    const spec = specOf(
      pod({
        containers: [
          { ...app, ...cpu(0.5) },
          { ...db, ...cpu(1), sidecar: true },
        ],
      }),
    );
    expect(requirementsOf(spec)).toMatchObject({ resources: { cpu: { request: 1.5 } }, needs: { features: ["pods"] } });
  });

  test("is the largest init container where that needs more", () => {
    const spec = specOf({ name: "web", image: "a", ...cpu(1), initContainers: [{ ...db, ...cpu(2) }] });
    expect(requirementsOf(spec).resources.cpu.request).toBe(2);
  });

  test("needs a worker that knows shared folders, also for one container", () => {
    const spec = specOf({ name: "web", image: "a", mounts: [{ type: "shared", source: "cache", target: "/c" }] });
    expect(requirementsOf(spec).needs?.features).toEqual(["pods"]);
  });
});
