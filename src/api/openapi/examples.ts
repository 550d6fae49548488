// Examples of answers in openapi.json: one for each schema that an operation answers with. A task is made from the example of
// its request by the same code as every task, so that it has every field.

import type { AppRevision } from "../../model/app/app.ts";
import type { AppApplied, AppRemoval, AppView } from "../../model/app/view.ts";
import type { Differences } from "../../model/comparison.ts";
import { type ConfigContent, type ConfigView, viewConfig } from "../../model/config/config.ts";
import type { CredentialView } from "../../model/credential/credential.ts";
import type { Explanation, WhyNot } from "../../model/explanation.ts";
import type { JobId, NodeId, ScheduleId, ServiceId, TaskId } from "../../model/ids.ts";
import { jobDefaults } from "../../model/job/job.ts";
import type { JobView } from "../../model/job/view.ts";
import { perListedKind } from "../../model/kinds/kinds.ts";
import type { Cleanup } from "../../model/node/cleanup.ts";
import type { Node } from "../../model/node/node.ts";
import type { Plan } from "../../model/plan/plan.ts";
import { timingDefaults } from "../../model/schedule/schedule.ts";
import type { ScheduleView } from "../../model/schedule/view.ts";
import type { KeyReport, SecretView } from "../../model/secret/secret.ts";
import type { EndpointList } from "../../model/service/endpoint.ts";
import { defaultPolicy } from "../../model/service/service.ts";
import type { RevisionView, ServiceView } from "../../model/service/view.ts";
import { specOfInput } from "../../model/task/input-spec.ts";
import { viewPod } from "../../model/task/pod-view.ts";
import { mainContainer } from "../../model/task/spec.ts";
import { type Task, unpackTask } from "../../model/task/task.ts";
import { taskInput } from "../../model/task/task-input.ts";
import { type TaskView, viewTask } from "../../model/task/view.ts";
import type { VolumeRemoval, VolumeView } from "../../model/volume/volume.ts";
import { type ErrorBody, errorBody } from "../errors.ts";
import type { AnswerSchema, Operation } from "../operations/operation.ts";
import type { Health, Version } from "../operations/server.ts";
import { backupFormat } from "../views/backup-file.ts";
import type { HeartbeatAnswer } from "../views/heartbeat-answer.ts";
import type { PruneAnswer } from "../views/prune-answer.ts";
import type { RebalanceAnswer } from "../views/rebalance-answer.ts";
import type { RestoreAnswer } from "../views/restore-summary.ts";
import { watchEventType } from "../views/stream-events.ts";

const taskId = "20250119123456-abc12345" as TaskId;
const nodeId = "20250119123410-xyz98765" as NodeId;
const at = (second: number) => `2025-01-19T12:34:${second}.000Z`;

/** The answer of the operation in an example: of its schema, or else the text that the operation itself gives. */
export function answerExample({ answer, example, media }: Operation): unknown {
  if (answer === "Any") return example;
  const value = answers[answer]();
  return media === "text/event-stream" ? `event: change\ndata: ${JSON.stringify(value)}\n\n` : value;
}

export function errorExample(): ErrorBody {
  return errorBody({
    code: "task-not-found",
    message: 'there is no task "web"',
    hint: "List the tasks: podling ps -a.",
    details: { reference: "web" },
  });
}

function task(): TaskView {
  return viewTask(taskRecord());
}

function taskRecord(): Task {
  const [example] = (taskInput.meta()?.examples ?? []) as [unknown];
  const { name, ...input } = taskInput.parse(example);
  return unpackTask({
    taskId,
    name,
    createdAt: at(56),
    spec: specOfInput({ name, ...input }),
    placement: { nodeId, at: at(56), revision: 42 },
    observed: {
      status: "running",
      reason: { code: "running", message: "running since 2025-01-19T12:34:57.000Z" },
      ready: true,
      containers: [
        {
          name: mainContainer,
          containerId: "4f1c2ba47f9c",
          startedAt: at(57),
          publishedPorts: [{ hostIp: "127.0.0.1", hostPort: 8080, containerPort: 80, protocol: "tcp" }],
        },
      ],
    },
  });
}

function node(): Node {
  return {
    nodeId,
    hostname: "n1",
    port: 8081,
    address: "10.0.0.11",
    capacity: 100,
    cpu: 4,
    memory: 8 * 1024 ** 3,
    labels: { disk: "ssd" },
    status: "online",
    schedulable: true,
    suspect: null,
    flapping: null,
    engine: { name: "docker", version: "28.3.0", os: "linux", arch: "amd64" },
    engineError: null,
    version: "0.1.0",
    registeredAt: at(10),
    runningTasks: 1,
    used: { cpu: 0.5, memory: 256 * 1024 ** 2 },
    lastHeartbeat: at(58),
  };
}

function explanation(): Explanation {
  const { name, status, reason, restarts, lastFailure } = task();
  return {
    ...{ taskId, name, status, reason, restarts, lastFailure: lastFailure as Explanation["lastFailure"] },
    strategy: "round-robin",
    summary: "web was placed on n1 by round-robin: 1 of 1 nodes fits.",
    revision: 41,
    basis: "decision",
    chosenNodeId: nodeId,
    nodes: [
      {
        ...{ nodeId, hostname: "n1", fits: true },
        filters: [{ filter: "memory", passed: true, message: "needs 256 MiB, n1 has 8 GiB free", missing: 0 }],
        ...{ score: 100, scoreMessage: "next in turn", chosen: true },
      },
    ],
    smallestChange: null,
  };
}

function cleanup(): Cleanup {
  return {
    ...{ nodeId, hostname: "n1", dryRun: false },
    disk: { path: "/var/lib/docker", usedBytes: 41_000_000_000, totalBytes: 100_000_000_000 },
    items: [
      {
        ...{ kind: "image", name: "nginx:1.26", id: "sha256:4f1c2ba47f9c", sizeBytes: 72_000_000 },
        ...{ verdict: "removed", code: "unused", message: "pulled by Podling, and used by no container" },
      },
    ],
    omitted: 0,
  };
}

function restored(): RestoreAnswer {
  const none = (): Differences => ({ count: 0, live: 0, first: [] });
  const counts = perListedKind(() => 1);
  return {
    restored: true,
    backup: {
      ...{ podling: "backup", format: backupFormat, clusterId: "k3v9q2xw", revision: 42, epoch: 3, at: at(59) },
      version: "0.1.0",
      ...counts,
    },
    before: { clusterId: "k3v9q2xw", revision: 57, ...counts },
    revision: 58,
    ...perListedKind(() => ({ forgotten: none(), returning: none(), differing: none() })),
  };
}

function service(): ServiceView {
  return {
    ...{ serviceId: "20250119123450-svc45678" as ServiceId, name: "web", mode: { type: "replicated", replicas: 3 } },
    ...{ target: 2, stable: 2, newest: 2, policy: defaultPolicy, rollout: null, paused: false, createdAt: at(50) },
    reason: { code: "steady", message: "revision 2 serves" },
    replicas: { wanted: 3, serving: 3, updated: 3, live: 3, done: 0, going: 0 },
    template: { containers: [{ image: "nginx:1.27" }] },
  };
}

function revision(): RevisionView {
  const { serviceId, template } = service();
  return { serviceId, number: 2, spec: template, by: "anna@laptop", at: at(55), note: "nginx 1.27" };
}

function endpoints(): EndpointList {
  const port = { address: "10.0.0.11", hostPort: 49153, containerPort: 80, protocol: "tcp" } as const;
  return {
    ...{ serviceId: service().serviceId, name: "web", revision: 42 },
    endpoints: [
      {
        ...{ taskId, name: "web.1", slot: "1", revision: 2, nodeId, hostname: "n1", address: "10.0.0.11" },
        ...{ ports: [port], draining: false },
      },
    ],
  };
}

function job(): JobView {
  return {
    ...{ jobId: "20250119123450-job45678" as JobId, name: "import", ...jobDefaults, completions: 3, indexed: true },
    spec: { containers: [{ image: "alpine:3.20", args: ["sh", "-c", "echo part $PODLING_JOB_INDEX"] }] },
    ...{ schedule: null, suspended: false, status: "running", reason: { code: "running", message: "its tasks run" } },
    ...{ started: 2, succeeded: 1, failed: 0, failedInARow: 0, lastFailure: null, doneIndexes: "0", nextAt: null },
    ...{ createdAt: at(50), activeAt: at(50), finishedAt: null, by: "anna@laptop", active: 1 },
  };
}
function config(): ConfigContent {
  const content = { bytes: 10, data: "MODE=live\n", encoding: "utf8" } as const;
  return { name: "app.env", version: 2, createdAt: at(54), by: "anna@laptop", ...content };
}

function credential(): CredentialView {
  return { registry: "registry.example:5000", username: "anna", createdAt: at(54), by: "anna@laptop" };
}

function secret(): SecretView {
  return { name: "db-password", version: 1, createdAt: at(54), by: "anna@laptop" };
}

const configView = (): ConfigView => viewConfig(config());

function volume(): VolumeView {
  return {
    ...{ name: "pgdata", nodeId, hostname: "n1", state: "bound", writers: 1, labels: { app: "shop" } },
    ...{ lastUsedBy: { taskId, name: "db" }, work: null, copies: [], createdAt: at(50) },
    usedBy: [{ taskId, name: "db", status: "running", writes: true }],
    message: "its data is on n1",
  };
}

function schedule(): ScheduleView {
  return {
    ...{ scheduleId: "20250119123450-sch45678" as ScheduleId, name: "nightly", cron: "0 3 * * *", ...timingDefaults },
    ...{ timezone: "Europe/Berlin", ...jobDefaults, spec: { containers: [{ image: "backup:3" }] }, suspended: false },
    ...{ lastDueAt: null, nextDueAt: "2025-01-20T02:00:00.000Z", lastJobId: null, missed: 0, createdAt: at(50) },
    ...{ by: "anna@laptop", active: 0 },
    reason: { code: "waiting", message: "2025-01-20T02:00:00.000Z starts its next job" },
  };
}

function app(): AppView {
  const [serviceId, jobId] = ["20250119123450-srv45678", "20250119123450-job45678"];
  return {
    ...{ name: "shop", revision: 2, createdAt: at(50), by: "anna@laptop", updatedAt: at(56) },
    members: {
      ...{ services: [serviceId], jobs: [jobId], schedules: [] },
      ...{ volumes: ["shop_data"], configs: ["shop_env"], secrets: [] },
    },
    reason: { code: "steady", message: "every service serves" },
    services: [{ serviceId, name: "shop_web", wanted: 2, ready: 2, status: "steady" }],
    jobs: [{ jobId, name: "shop_migrate", status: "completed" }],
  };
}

function appApplied(): AppApplied {
  const [id] = app().members.services;
  return { ...app(), changes: [{ kind: "service", name: "shop_web", id: id!, change: "updated" }] };
}

function appRevision(): AppRevision {
  return {
    ...{ app: "shop", number: 2, by: "anna@laptop", at: at(56), note: "nginx 1.27" },
    services: [{ name: "shop_web", image: "nginx:1.27", replicas: 2 }],
    ...{ jobs: [], schedules: [], volumes: [{ name: "shop_data" }] },
    ...{ configs: [{ name: "shop_env", version: 1 }], secrets: [], images: {} },
  };
}

const answers: { [Schema in Exclude<AnswerSchema, "Any">]: () => unknown } = {
  Task: task,
  TaskList: () => [task()],
  Pod: () => viewPod(taskRecord()),
  PodList: () => [viewPod(taskRecord())],
  Service: service,
  ServiceList: () => [service()],
  RevisionList: () => [revision()],
  EndpointList: endpoints,
  Job: job,
  JobList: () => [job()],
  Volume: volume,
  VolumeList: () => [volume()],
  VolumeRemoval: (): VolumeRemoval => ({ removed: true, message: "its data on n1 is removed" }),
  Config: configView,
  ConfigList: () => [configView()],
  ConfigContent: config,
  Secret: secret,
  SecretList: () => [secret()],
  Credential: credential,
  CredentialList: () => [credential()],
  KeyReport: (): KeyReport => ({
    ...{ status: "present", sealed: 1, place: "/etc/podling/master.key" },
    message: "1 secret or login can be opened with /etc/podling/master.key",
  }),
  App: app,
  AppList: () => [app()],
  AppApplied: appApplied,
  AppRemoval: (): AppRemoval => ({ name: "shop", changes: [], volumes: [] }),
  AppRevisionList: () => [appRevision()],
  Schedule: schedule,
  ScheduleList: () => [schedule()],
  Node: node,
  NodeList: () => [node()],
  Explanation: explanation,
  WhyNot: (): WhyNot => ({
    ...{ taskId, name: "web", status: "running", revision: 42 },
    ...{ node: { nodeId: "20250119123411-def45678" as NodeId, hostname: "n2" }, current: { nodeId, hostname: "n1" } },
    ...{ best: { nodeId, hostname: "n1" }, isThere: false, fits: false },
    sentence: "web does not fit on n2: needs 512 MiB, n2 has 310 MiB free",
    filters: [{ filter: "memory", passed: false, message: "needs 512 MiB, n2 has 310 MiB free", missing: 211_812_352 }],
    change: "free 202 MiB of memory on n2, or lower the request by that amount",
    ...{ score: null, bestScore: "2 of 10 tasks" },
  }),
  Cleanup: cleanup,
  HeartbeatAnswer: (): HeartbeatAnswer => ({
    ...node(),
    ...{ nextHeartbeatMs: 1000, leaseMs: 5000, reconnectWithinMs: 0, streamOpen: true, engineError: null },
  }),
  RestoreAnswer: restored,
  RebalanceAnswer: (): RebalanceAnswer => ({
    moves: [
      {
        ...{
          taskId,
          name: "web.3",
          from: { nodeId, hostname: "n1" },
          why: "n1 has 8 of 100 tasks, n2 has 2 of 100 tasks",
        },
        to: { nodeId: "20250119123411-def45678", hostname: "n2" },
      },
    ],
    ...{ started: null, underWay: [], kept: [] },
  }),
  Plan: (): Plan => ({
    ...{ revision: 812, until: "settled", isComplete: true, hasChanges: true },
    services: [
      {
        ...{ name: "web", action: "update", order: null, why: "", changes: ["replicas: 3 -> 4"] },
        ...{ replicas: { before: 3, after: 4 }, starts: 1, stops: 0, inPlace: 0, end: "serves" },
        ...{ downMs: 0, estimatedMs: 1400 },
      },
    ],
    others: [],
    nodes: [{ hostname: "n1", add: ["web.4"], remove: [], replace: [] }],
    warnings: [],
    steps: [
      { afterMs: 0, text: "web.4 is started on n1" },
      { afterMs: 1400, text: "web.4 on n1 serves" },
    ],
    ...{ stepCount: 2, estimatedMs: 1400 },
    outcome: {
      digest: "0c51b2f7a9d3e844",
      records: [
        {
          ...{ kind: "service", name: "web", change: "update", revision: 2, by: "anna@laptop" },
          fields: [{ field: "replicas", from: "3", to: "4" }],
        },
      ],
      placements: [{ task: "web.4", node: "n1" }],
    },
  }),
  PruneAnswer: (): PruneAnswer => ({ tasksRemoved: 12, nodesRemoved: 1, podsRemoved: 0, servicesRemoved: 0 }),
  Health: (): Health => ({ service: "podling-master", status: "ok", message: "" }),
  Version: (): Version => ({ version: "0.1.0", commit: "815e6dd", api: "v1" }),
  WatchEvent: () => ({
    ...{ revision: 42, at: at(56), type: watchEventType("task", "created"), task: task() },
    by: { kind: "user", name: "anna@laptop", declared: true },
  }),
};
