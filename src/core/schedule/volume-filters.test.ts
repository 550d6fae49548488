// The filters of named volumes: one row for each case, with the message of the verdict on n2.

import { expect, test } from "bun:test";
import type { FilterName } from "../../model/explanation.ts";
import type { TaskId } from "../../model/ids.ts";
import type { Requirements } from "../../model/task/requirements.ts";
import { type Task, unpackTask } from "../../model/task/task.ts";
import type { Volume } from "../../model/volume/volume.ts";
import { cluster, idOf, node, task } from "./test-cluster.ts";

interface Case {
  filter: FilterName;
  passes: boolean;
  says: string;
  wants?: Requirements;
  volumes?: Volume[];
  /** A task on n2 has the volume data. */
  user?: { readOnly: boolean };
  /** Where capacity is held for the task db with the volume data. */
  heldOn?: string;
}

const at = "2025-01-19T12:34:56.000Z";
const uses = (name: string) => ({ name, writes: true });
const withData = task({ volumes: [uses("data")] });

/** The volume data, bound to the node of that name. */
function volume(hostname: string | null, more: Partial<Volume> = {}): Volume {
  const bound = hostname === null ? null : idOf(hostname);
  return {
    ...{ name: "data", nodeId: bound, hostname, state: bound === null ? "unbound" : "bound", writers: 1 },
    ...{ lastUsedBy: null, work: null, copies: [], labels: {}, createdAt: at, ...more },
  };
}

const cases: Case[] = [
  { filter: "volume", passes: true, says: "no named volume" },
  { filter: "volume", passes: true, says: "volume data: no data yet", wants: withData },
  { filter: "volume", passes: true, says: "volume data: no data yet", wants: withData, volumes: [volume(null)] },
  { filter: "volume", passes: true, says: "volume data: the data is here", wants: withData, volumes: [volume("n2")] },
  { filter: "volume", passes: false, says: "its data is on n1", wants: withData, volumes: [volume("n1")] },
  {
    filter: "volume",
    passes: false,
    says: "its data is on n3, offline since 02:13 UTC on 2025-01-19",
    wants: withData,
    volumes: [volume("n3")],
  },
  {
    filter: "volume",
    passes: false,
    says: "its data is on n9, which was removed from the cluster",
    wants: withData,
    volumes: [volume("n9")],
  },
  {
    filter: "volume",
    passes: false,
    says: "its data is on n1 (volume data)",
    wants: task({ volumes: [uses("cache"), uses("data")] }),
    volumes: [volume("n1"), volume("n2", { name: "cache" })],
  },
  {
    filter: "volume",
    passes: false,
    says: "db gets it on n1 when other tasks have left",
    wants: withData,
    volumes: [volume(null, { writers: "many" })],
    heldOn: "n1",
  },
  {
    filter: "volume",
    passes: true,
    says: "volume data: no data yet",
    wants: withData,
    volumes: [volume(null, { writers: "many" })],
    heldOn: "n2",
  },

  { filter: "volume-in-use", passes: true, says: "no named volume" },
  {
    filter: "volume-in-use",
    passes: false,
    says: "volume data: db gets it on n2 when other tasks have left, and it has one writer at a time",
    wants: withData,
    volumes: [volume("n2")],
    heldOn: "n2",
  },
  { filter: "volume-in-use", passes: true, says: "no other task is in the way", wants: withData },
  {
    filter: "volume-in-use",
    passes: false,
    says: "volume data: db writes to it, and it has one writer at a time",
    wants: withData,
    volumes: [volume("n2")],
    user: { readOnly: false },
  },
  {
    filter: "volume-in-use",
    passes: true,
    says: "no other task is in the way",
    wants: task({ volumes: [{ name: "data", writes: false }] }),
    volumes: [volume("n2")],
    user: { readOnly: false },
  },
  {
    filter: "volume-in-use",
    passes: true,
    says: "no other task is in the way",
    wants: withData,
    volumes: [volume("n2")],
    user: { readOnly: true },
  },
  {
    filter: "volume-in-use",
    passes: true,
    says: "no other task is in the way",
    wants: withData,
    volumes: [volume("n2", { writers: "many" })],
    user: { readOnly: false },
  },
];

/** A running task with the volume data. */
function userOfData(readOnly: boolean): Task {
  const mount = { type: "volume" as const, source: "data", target: "/data", readOnly, sizeBytes: null };
  return unpackTask({
    ...{ taskId: "20250119123456-00000001" as TaskId, name: "db", createdAt: at },
    spec: { containers: [{ image: "i", mounts: [mount] }] },
    placement: { nodeId: idOf("n2"), at, revision: 1 },
    observed: { status: "running", reason: { code: "running", message: "" } },
  });
}

const nodes = [
  node("n1", { schedulable: false }),
  node("n2"),
  node("n3", { status: "offline", offlineSince: "2025-01-19T02:13:07.000Z" }),
];

test.each(cases)("$filter: $says", ({ filter, passes, says, wants = task(), volumes = [], user, heldOn }) => {
  const index = cluster(nodes);
  for (const each of volumes) index.volumes.volumeMoved(null, each);
  if (user) index.volumes.moved(null, userOfData(user.readOnly));
  if (heldOn) index.volumes.hold(userOfData(false), [uses("data")], idOf(heldOn));
  const verdict = index.explain(wants, "spread", null).find(({ hostname }) => hostname === "n2")!;
  const found = verdict.filters.find((each) => each.filter === filter)!;
  expect(found).toEqual({ filter, passed: passes, message: says, missing: 0 });
  expect(verdict.fits).toBe(passes);
  expect(index.choose(wants, "spread", null)).toBe(passes ? idOf("n2") : null);
});
