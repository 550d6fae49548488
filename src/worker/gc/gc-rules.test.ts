// One row for each case: what is on the disk, what uses it, what Podling pulled or created, and whether it may be
// removed.

import { describe, expect, test } from "bun:test";
import { silentLog } from "../../lib/log.ts";
import { containerLabels } from "../../model/cluster/cluster.ts";
import type { TaskId } from "../../model/ids.ts";
import type { ContainerUse } from "../../runtime/containers.ts";
import type { ImageState } from "../../runtime/images.ts";
import { type Assignment, parseAssignment, type WireAssignment } from "../task/assignment.ts";
import { evaluateImages, evaluateVolume, formatDuration } from "./gc-rules.ts";
import { neededBy } from "./needed.ts";
import { type PulledImageRecord, PulledImages } from "./pulled-images.ts";

const now = Date.parse("2025-01-19T12:00:00.000Z");
const clock = { now: () => now, elapsed: () => 0, timer: () => () => {}, soon() {} };
const nothing = neededBy([]);

function task(more: Partial<WireAssignment>): Assignment {
  return parseAssignment({ taskId: "t" as TaskId, name: "web", image: "app:1", ...more });
}

function pulledBefore(...images: Partial<PulledImageRecord>[]): PulledImages {
  const full = images.map((image) => ({
    imageId: "i1",
    names: ["app:1"],
    pulledAt: 0,
    usedAt: now - 7_200_000,
    ...image,
  }));
  return new PulledImages({
    clock,
    log: silentLog,
    store: { read: () => ({ list: full, damage: null }), write() {} },
  });
}

const app: ImageState = { imageId: "i1", names: ["app:1"], sizeBytes: 10, parentId: null };
const use = (more: Partial<ContainerUse>): ContainerUse => ({
  containerId: "c",
  name: "c",
  imageId: "",
  volumes: [],
  ...more,
});
const digest = `@sha256:${"a".repeat(64)}`;

describe("an image", () => {
  type Row = [title: string, image: Partial<ImageState>, pulled: PulledImages, code: string, message: string];
  const rows: Row[] = [
    ["pulled, and used by nothing", {}, pulledBefore({}), "unused", "nothing has used it for 2 h"],
    ["that was there before", {}, pulledBefore(), "not-ours", "did not pull it"],
    ["of the same name, but another one", { imageId: "i2" }, pulledBefore({}), "not-ours", "did not pull it"],
    [
      "that someone else gave another name",
      { names: ["app:1", "mine:1"] },
      pulledBefore({}),
      "not-ours",
      "named it mine:1",
    ],
    ["whose name has moved on", { names: [] }, pulledBefore({}), "unused", ""],
    ["whose name has moved on, with its digest", { names: [`app${digest}`] }, pulledBefore({}), "unused", ""],
    [
      "of which someone else pulled another digest",
      { names: [`other${digest}`] },
      pulledBefore({}),
      "not-ours",
      "named it other@",
    ],
    ["pulled by two names", { names: ["app:1", "app:2"] }, pulledBefore({ names: ["app:1", "app:2"] }), "unused", ""],
  ];
  test.each(rows)("%s", (_, image, pulled, code, message) => {
    const [evaluated] = evaluateImages([{ ...app, ...image }], [], nothing, pulled, now);
    expect(evaluated!.verdict.code).toBe(code as never);
    expect(evaluated!.verdict.message).toContain(message);
  });

  const stays: [title: string, uses: ContainerUse[], others: ImageState[], tasks: Assignment[], message: string][] = [
    [
      "a container uses, also one that is not Podling's",
      [use({ name: "theirs", imageId: "i1" })],
      [],
      [],
      "container theirs uses it",
    ],
    ["another one was built upon", [], [{ ...app, imageId: "i2", names: ["b"], parentId: "i1" }], [], "built upon it"],
    [
      "a task needs, also by another spelling",
      [],
      [],
      [task({ image: "docker.io/library/app:1" })],
      "task web needs it",
    ],
  ];
  test.each(stays)("that %s stays", (_, uses, others, tasks, message) => {
    const evaluated = evaluateImages([app, ...others], uses, neededBy(tasks), pulledBefore({}), now);
    const { verdict } = evaluated.find(({ imageId }) => imageId === "i1")!;
    expect(verdict.code).toBe("in-use");
    expect(verdict.message).toContain(message);
  });

  test("that a finished or stopped task needed is unused", () => {
    const tasks = [task({ status: "failed" }), task({ desired: "stopped", status: "running" })];
    expect(evaluateImages([app], [], neededBy(tasks), pulledBefore({}), now)[0]!.verdict.code).toBe("unused");
  });
});

test("images unused for longest come first, then those that stay, by name; intermediate ones are left out", () => {
  const ids = ["i1", "i2", "i3"];
  const pulled = pulledBefore(
    ...ids.map((imageId, i) => ({ imageId, names: [`${imageId}:1`], usedAt: now - i * 1000 })),
  );
  const images = [
    ...ids.map((imageId) => ({ ...app, imageId, names: [`${imageId}:1`] })),
    { ...app, imageId: "x2", names: ["b:1"], parentId: "x1" },
    { ...app, imageId: "x1", names: [], parentId: null },
    { ...app, imageId: "x3", names: ["a:1"], parentId: null },
  ];
  const evaluated = evaluateImages(images, [], nothing, pulled, now);
  expect(evaluated.map(({ imageId }) => imageId)).toEqual(["i3", "i2", "i1", "x3", "x2"]);
});

describe("a volume", () => {
  const identity = { clusterId: "c1", nodeId: "node-aaaaaaaa" };
  const ours = { [containerLabels.cluster]: "c1", [containerLabels.node]: "node-aaaaaaaa" };
  const needs = neededBy([
    task({ mounts: [{ type: "volume", source: "data", target: "/d", readOnly: false, sizeBytes: null }] }),
  ]);
  type Row = [
    title: string,
    labels: Record<string, string>,
    uses: ContainerUse[],
    needed: typeof nothing,
    code: string,
    message: string,
  ];
  const rows: Row[] = [
    ["made by Podling and unused", ours, [], nothing, "unused", "its data is removed with it"],
    ["without labels", {}, [], nothing, "not-ours", "did not make it"],
    ["of another node", { ...ours, [containerLabels.node]: "node-b" }, [], nothing, "not-ours", "another node"],
    [
      "of another cluster",
      { ...ours, [containerLabels.cluster]: "c2" },
      [],
      nothing,
      "not-ours",
      "another node or cluster",
    ],
    [
      "that a container uses",
      ours,
      [use({ name: "theirs", volumes: ["data"] })],
      nothing,
      "in-use",
      "container theirs",
    ],
    ["that a task needs", ours, [], needs, "in-use", "task web needs it"],
  ];
  test.each(rows)("%s", (_, labels, uses, needed, code, message) => {
    const verdict = evaluateVolume({ name: "data", labels, sizeBytes: null }, uses, needed, identity);
    expect(verdict.code).toBe(code as never);
    expect(verdict.message).toContain(message);
  });
});

test.each([
  [-5, "0 s"],
  [119_000, "119 s"],
  [120_000, "2 min"],
  [7_200_000, "2 h"],
  [172_800_000, "2 days"],
])("%d ms is %s", (ms, text) => expect(formatDuration(ms)).toBe(text));
