// The groups of operations in openapi.json. The group of an operation follows from its path and from who may call it: a new
// noun of the API gets one line here.

import type { Operation } from "../operations/operation.ts";

type Located = Pick<Operation, "path" | "access">;

const descriptions = {
  Apps: "Everything that belongs together, applied and removed as one.",
  Tasks: "Run containers, and see what becomes of them.",
  Services: "Replicas of a task that are kept running, and how a change of them is rolled out.",
  Pods: "Containers that share one network, as one task.",
  Jobs: "Tasks that run to their end until enough of them have succeeded.",
  Volumes: "Named volumes: where their data is, and which tasks use it.",
  Secrets: "Contents that are sealed, and that only containers get.",
  Configs: "Files that the master keeps in versions, and that containers get.",
  Schedules: "Jobs that are started at the times of a cron expression.",
  Nodes: "The machines of the cluster.",
  Cluster: "The cluster as a whole: changes, clean-up, backup and restore.",
  Workers: "What workers use. A node may also be registered by hand.",
  Master: "The master itself: health, version, metrics and this description.",
} as const;
export type Tag = keyof typeof descriptions;

/** By the noun of the path; `exampleId` stands for `{id}` in examples. */
const nouns: Readonly<Record<string, { tag: Tag; exampleId: string }>> = {
  tasks: { tag: "Tasks", exampleId: "web" },
  nodes: { tag: "Nodes", exampleId: "n1" },
  pods: { tag: "Pods", exampleId: "shop" },
  jobs: { tag: "Jobs", exampleId: "import" },
  secrets: { tag: "Secrets", exampleId: "db-password" },
  registries: { tag: "Secrets", exampleId: "registry.example:5000" },
  key: { tag: "Secrets", exampleId: "" },
  configs: { tag: "Configs", exampleId: "app.env" },
  schedules: { tag: "Schedules", exampleId: "nightly" },
  services: { tag: "Services", exampleId: "web" },
  apps: { tag: "Apps", exampleId: "shop" },
  volumes: { tag: "Volumes", exampleId: "pgdata" },
};

export function tagOf({ path, access }: Located): Tag {
  if (access === "node") return "Workers";
  if (!path.startsWith("/api/")) return "Master";
  return nounOf(path)?.tag ?? "Cluster";
}

/** An id or a name that may stand for `{id}` in the path. */
export function exampleId({ path }: Pick<Operation, "path">): string {
  return nounOf(path)?.exampleId ?? "";
}

function nounOf(path: string): (typeof nouns)[string] | undefined {
  return nouns[path.split("/")[3] ?? ""];
}

export const tagList = Object.entries(descriptions).map(([name, description]) => ({ name, description }));
