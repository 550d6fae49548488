// The services of a Swarm as a compose file: each field of their specification, as an engine answers it.

import { describe, expect, test } from "bun:test";
import { yamlText } from "../../src/compose/export/yaml.ts";
import { fromSwarm, type SwarmAnswers } from "../../src/compose/import/swarm.ts";
import { translateTexts } from "./translate/translated.ts";

const none: SwarmAnswers = { services: [], configs: [], networks: [], nodes: [] };
const second = 1_000_000_000;

/** One service `shop_web` of the stack shop. */
const swarmOf = (container: object, template: object = {}, spec: object = {}): SwarmAnswers => ({
  ...none,
  services: [
    {
      ID: "s1",
      Spec: {
        Name: "shop_web",
        Labels: { "com.docker.stack.namespace": "shop" },
        TaskTemplate: { ContainerSpec: { Image: "nginx:1.27", ...container }, ...template },
        Mode: { Replicated: { Replicas: 2 } },
        ...spec,
      },
    },
  ],
});

const imported = (answers: SwarmAnswers, stack: string | null = "shop") => fromSwarm(answers, { stack, app: "swarm" });
const web = (answers: SwarmAnswers) =>
  (imported(answers).document.services as Record<string, Record<string, unknown>>).web;

describe("a service", () => {
  test.each<[string, SwarmAnswers, object]>([
    ["the digest of a tag is left out", swarmOf({ Image: `a/b:1@sha256:${"0".repeat(64)}` }), { image: "a/b:1" }],
    [
      "a digest alone stays",
      swarmOf({ Image: `a/b@sha256:${"0".repeat(64)}` }),
      { image: `a/b@sha256:${"0".repeat(64)}` },
    ],
    ["words", swarmOf({ Command: ["a"], Args: ["b", "c"] }), { entrypoint: ["a"], command: ["b", "c"] }],
    ["variables", swarmOf({ Env: ["A=b=c", "D="] }), { environment: { A: "b=c", D: "" } }],
    ["labels", swarmOf({ Labels: { "com.docker.stack.namespace": "shop", a: "b" } }), { labels: { a: "b" } }],
    ["times", swarmOf({ StopGracePeriod: 1.5 * second }), { stop_grace_period: "1500ms" }],
    ["hosts", swarmOf({ Hosts: ["10.0.0.1 a b"] }), { extra_hosts: ["a=10.0.0.1", "b=10.0.0.1"] }],
    [
      "a health check",
      swarmOf({ Healthcheck: { Test: ["CMD", "true"], Interval: 5 * second, Retries: 2 } }),
      { healthcheck: { test: ["CMD", "true"], interval: "5s", retries: 2 } },
    ],
    [
      "rights",
      swarmOf({ CapabilityAdd: ["CAP_SYS_TIME"], ReadOnly: true }),
      { cap_add: ["CAP_SYS_TIME"], read_only: true },
    ],
    [
      "limits",
      swarmOf({ Ulimits: [{ Name: "nofile", Soft: 1, Hard: 2 }] }),
      { ulimits: { nofile: { soft: 1, hard: 2 } } },
    ],
    [
      "amounts",
      swarmOf({}, { Resources: { Limits: { NanoCPUs: 500_000_000, MemoryBytes: 67_108_864 } } }),
      { deploy: { resources: { limits: { cpus: "0.5", memory: "67108864" } } } },
    ],
    [
      "a restart policy",
      swarmOf({}, { RestartPolicy: { Condition: "on-failure", Delay: 5 * second, MaxAttempts: 3 } }),
      { deploy: { restart_policy: { condition: "on-failure", delay: "5s", max_attempts: 3 } } },
    ],
    ["Swarm's own restart policy", swarmOf({}), { deploy: { replicas: 2, restart_policy: { condition: "any" } } }],
    [
      "placement",
      swarmOf(
        {},
        {
          Placement: {
            Constraints: ["node.labels.a==b"],
            Preferences: [{ Spread: { SpreadDescriptor: "node.labels.zone" } }],
            MaxReplicas: 1,
          },
        },
      ),
      {
        deploy: {
          placement: {
            constraints: ["node.labels.a==b"],
            preferences: [{ spread: "node.labels.zone" }],
            max_replicas_per_node: 1,
          },
        },
      },
    ],
    ["one on each node", swarmOf({}, {}, { Mode: { Global: {} } }), { deploy: { mode: "global" } }],
    [
      "a job",
      swarmOf({}, {}, { Mode: { ReplicatedJob: { MaxConcurrent: 3, TotalCompletions: 3 } } }),
      { deploy: { mode: "replicated-job", replicas: 3 } },
    ],
    [
      "updates",
      swarmOf(
        {},
        {},
        { UpdateConfig: { Parallelism: 2, Delay: second, Order: "start-first", FailureAction: "rollback" } },
      ),
      { deploy: { update_config: { parallelism: 2, delay: "1s", order: "start-first", failure_action: "rollback" } } },
    ],
    [
      "ports",
      swarmOf(
        {},
        {},
        { EndpointSpec: { Ports: [{ Protocol: "tcp", TargetPort: 80, PublishedPort: 8080, PublishMode: "ingress" }] } },
      ),
      { ports: [{ target: 80, published: "8080", protocol: "tcp", mode: "ingress" }] },
    ],
    [
      "a volume of the stack",
      swarmOf({ Mounts: [{ Type: "volume", Source: "shop_data", Target: "/d" }] }),
      { volumes: [{ type: "volume", source: "data", target: "/d" }] },
    ],
    [
      "a folder",
      swarmOf({ Mounts: [{ Type: "bind", Source: "/a", Target: "/b", ReadOnly: true }] }),
      { volumes: [{ type: "bind", source: "/a", target: "/b", read_only: true }] },
    ],
  ])("%s", (_, answers, expected) => expect(web(answers)).toMatchObject(expected));
});

test("contents: a config is in the file, a secret is a variable", () => {
  const file = { Name: "/etc/c", UID: "0", GID: "0", Mode: 0o444 };
  const answers = {
    ...swarmOf({
      Configs: [{ File: file, ConfigID: "c1", ConfigName: "conf" }],
      Secrets: [{ File: { ...file, Name: "key" }, SecretID: "x1", SecretName: "tls-key" }],
    }),
    configs: [{ ID: "c1", Spec: { Name: "conf", Data: Buffer.from("a: $b").toString("base64") } }],
  };
  const { document, notes, variables } = imported(answers);
  expect(document).toMatchObject({
    configs: { conf: { name: "conf", content: "a: $b" } },
    secrets: { "tls-key": { name: "tls-key", environment: "TLS_KEY" } },
  });
  expect(variables).toEqual(["TLS_KEY"]);
  expect(notes).toEqual(["secret tls-key: a swarm does not show its content. Set the variable TLS_KEY to it."]);
});

test("networks, labels of nodes and templates are said", () => {
  const answers = {
    ...swarmOf({ Env: ["HOST={{.Node.Hostname}}"] }, { Networks: [{ Target: "n1" }] }),
    networks: [{ Id: "n1", Name: "shop_front" }],
    nodes: [{ Description: { Hostname: "m1" }, Spec: { Labels: { disk: "ssd" } } }],
  };
  expect(imported(answers).notes).toEqual([
    "web: templates such as {{.Node.Hostname}} are not filled in.",
    "web: it is in the networks shop_front, which are left out.",
    "node m1: podling node label m1 disk=ssd",
  ]);
});

test("only one stack, or all services under the name of the app", () => {
  const other = { Spec: { Name: "alone", TaskTemplate: { ContainerSpec: { Image: "b" } } } };
  const both = { ...none, services: [...(swarmOf({}).services as object[]), other] };
  expect(Object.keys(imported(both).document.services as object)).toEqual(["web"]);
  const all = imported(both, null);
  expect([all.document.name, Object.keys(all.document.services as object)]).toEqual(["swarm", ["web", "alone"]]);
  expect(imported(none).services).toBe(0);
});

test("the file is one that Podling reads", async () => {
  const { document } = imported(
    swarmOf(
      {
        Env: ["A=$B"],
        Args: ["sh", "-c", "echo $HOME"],
        StopGracePeriod: 10 * second,
        Mounts: [{ Type: "volume", Source: "shop_data", Target: "/d" }],
      },
      { RestartPolicy: { Condition: "any", Delay: 5 * second, MaxAttempts: 0 } },
    ),
  );
  const { input, errors, report } = await translateTexts({ "compose.yaml": yamlText(document, [], true) });
  expect(errors).toEqual([]);
  expect(report.filter(({ says }) => says === "refused")).toEqual([]);
  expect(input.volumes).toEqual([{ name: "shop_data" }]);
  expect(input.services?.[0]).toMatchObject({
    name: "shop_web",
    replicas: 2,
    env: { A: "$B" },
    args: ["sh", "-c", "echo $HOME"],
  });
});
