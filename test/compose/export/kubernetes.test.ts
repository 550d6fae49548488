// Export to Kubernetes: which objects an app becomes, and what is said of what they cannot say.

import { describe, expect, test } from "bun:test";
import { parseAllDocuments } from "yaml";
import { manifestsOf } from "../../../src/compose/export/kubernetes/kubernetes.ts";
import type { AppBody } from "../../../src/model/app/app-input.ts";
import { isRefused, otherFile, otherFileNames } from "../../docs/compose-files.ts";

const web = { name: "a_web", image: "nginx" };
const of = (input: AppBody, withSecrets = false) => manifestsOf(input, { app: "a", withSecrets });
const kinds = (input: AppBody) => of(input).objects.map(({ kind }) => kind);

/** The pod of the first workload. */
function podOf(fields: object): {
  spec: Record<string, unknown>;
  container: Record<string, unknown>;
  warnings: readonly string[];
} {
  const { objects, warnings } = of({ services: [{ ...web, ...fields }] });
  const workload = objects.find(({ kind }) => ["Deployment", "StatefulSet", "DaemonSet"].includes(String(kind)));
  const { template } = workload!.spec as { template: { spec: Record<string, unknown> } };
  return { spec: template.spec, container: (template.spec.containers as Record<string, unknown>[])[0]!, warnings };
}

describe("kinds", () => {
  const volume = { type: "volume" as const, source: "a_data", target: "/d" };
  test.each<[string, AppBody, string[]]>([
    ["a service", { services: [web] }, ["Deployment", "Service"]],
    ["one on each node", { services: [{ ...web, mode: "global" }] }, ["DaemonSet", "Service"]],
    [
      "one that writes to a volume",
      { services: [{ ...web, mounts: [volume] }] },
      ["PersistentVolumeClaim", "StatefulSet", "Service"],
    ],
    ["a job", { jobs: [web] }, ["Job"]],
    ["a schedule", { schedules: [{ ...web, cron: "0 3 * * *" }] }, ["CronJob"]],
    [
      "contents",
      { configs: [{ name: "a_c", data: "x" }], secrets: [{ name: "a_s", data: "y" }] },
      ["ConfigMap", "Secret"],
    ],
  ])("%s", (_, input, expected) => expect(kinds(input)).toEqual(expected));
});

describe("the container", () => {
  test.each<[string, object, object]>([
    ["words", { command: ["a"], args: ["$(B)"] }, { command: ["a"], args: ["$$(B)"] }],
    ["variables", { env: { A: "b" } }, { env: [{ name: "A", value: "b" }] }],
    [
      "a fixed port",
      { ports: [{ containerPort: 53, hostPort: 53, protocol: "udp", name: "dns" }] },
      { ports: [{ name: "dns", containerPort: 53, hostPort: 53, protocol: "UDP" }] },
    ],
    [
      "amounts",
      { resources: { cpu: { request: 0.25, limit: 0.5 }, memory: "64Mi" } },
      { resources: { requests: { cpu: "250m", memory: "67108864" }, limits: { cpu: "500m", memory: "67108864" } } },
    ],
    [
      "a health check",
      { health: { command: "true", intervalMs: 5000, startPeriodMs: 12_000, retries: 2 } },
      {
        startupProbe: {
          exec: { command: ["/bin/sh", "-c", "true"] },
          periodSeconds: 5,
          timeoutSeconds: 30,
          failureThreshold: 5,
        },
        livenessProbe: { periodSeconds: 5, failureThreshold: 2 },
        readinessProbe: { periodSeconds: 5, failureThreshold: 2 },
      },
    ],
    ["a probe", { readinessProbe: { http: { port: 80 } } }, { readinessProbe: { httpGet: { path: "/", port: 80 } } }],
    [
      "rights",
      { user: "1:2", security: { readOnly: true, capAdd: ["CAP_SYS_TIME"], options: ["no-new-privileges:true"] } },
      {
        securityContext: {
          ...{ runAsUser: 1, runAsGroup: 2, readOnlyRootFilesystem: true, allowPrivilegeEscalation: false },
          capabilities: { add: ["SYS_TIME"] },
        },
      },
    ],
    [
      "a variable from a secret",
      { secrets: [{ name: "a_s", env: "S" }] },
      { env: [{ name: "S", valueFrom: { secretKeyRef: { name: "s", key: "content" } } }] },
    ],
    [
      "a config as a file",
      { configs: [{ name: "a_c", target: "/etc/c" }] },
      { volumeMounts: [{ mountPath: "/etc/c", subPath: "content" }] },
    ],
  ])("%s", (_, fields, expected) => expect(podOf(fields).container).toMatchObject(expected));
});

describe("the pod", () => {
  test.each<[string, object, object]>([
    [
      "the network of the node",
      { network: { mode: "host" } },
      { hostNetwork: true, dnsPolicy: "ClusterFirstWithHostNet" },
    ],
    [
      "hosts",
      { network: { extraHosts: [{ host: "a", address: "10.0.0.1" }] } },
      { hostAliases: [{ ip: "10.0.0.1", hostnames: ["a"] }] },
    ],
    [
      "a platform",
      { platform: "linux/arm64" },
      { nodeSelector: { "kubernetes.io/os": "linux", "kubernetes.io/arch": "arm64" } },
    ],
    [
      "constraints",
      { constraints: ["disk==ssd", "node!=n1", "fast"] },
      {
        affinity: {
          nodeAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: {
              nodeSelectorTerms: [
                {
                  matchExpressions: [
                    { key: "disk", operator: "In", values: ["ssd"] },
                    { key: "kubernetes.io/hostname", operator: "NotIn", values: ["n1"] },
                    { key: "fast", operator: "Exists" },
                  ],
                },
              ],
            },
          },
        },
      },
    ],
    ["spread", { placement: { spread: ["zone"] } }, { topologySpreadConstraints: [{ topologyKey: "zone" }] }],
    [
      "memory and folders",
      {
        mounts: [
          { type: "tmpfs", target: "/t", sizeBytes: 1024 },
          { type: "bind", source: "/b", target: "/b" },
        ],
      },
      { volumes: [{ emptyDir: { medium: "Memory", sizeLimit: "1024" } }, { hostPath: { path: "/b" } }] },
    ],
    [
      "several containers",
      {
        image: undefined,
        containers: [
          { name: "x", image: "x" },
          { name: "y", image: "y", sidecar: true },
        ],
      },
      { containers: [{ name: "x" }], initContainers: [{ name: "y", restartPolicy: "Always" }] },
    ],
  ])("%s", (_, fields, expected) => expect(podOf(fields).spec).toMatchObject(expected));
});

test("what a manifest cannot say is a comment above it, and a warning", () => {
  const input: AppBody = {
    services: [{ ...web, process: { init: true }, priority: 5, dependsOn: [{ name: "a_db" }] }],
  };
  const { text, warnings } = of(input);
  expect(warnings).toHaveLength(3);
  for (const warning of warnings) expect(text).toContain(`# ${warning.replace("a_web: ", "")}\n`);
});

test("names of containers, hosts and ports are those that Kubernetes takes", () => {
  const ports = [
    { containerPort: 80, hostPort: 1 },
    { containerPort: 80, hostPort: 2 },
  ];
  expect(podOf({ ports }).container.ports).toEqual([
    { name: "tcp-80", containerPort: 80, hostPort: 1 },
    { containerPort: 80, hostPort: 2 },
  ]);
  const several = { image: undefined, network: { hostname: "My_Host.example.com" } };
  expect(podOf({ ...several, containers: [{ name: "My.App", image: "x" }] }).spec).toMatchObject({
    hostname: "my-host",
    containers: [{ name: "my-app" }],
  });
});

test("the contents of secrets are left out, unless they are asked for", () => {
  const input: AppBody = { secrets: [{ name: "a_s", data: "hidden" }] };
  expect(of(input).text).not.toContain("hidden");
  expect(of(input, true).objects[0]).toMatchObject({ stringData: { content: "hidden" } });
});

test("names of objects are those of Kubernetes, and different", () => {
  const { objects } = of({
    services: [
      { ...web, name: "a_My.App" },
      { ...web, name: "a_my_app" },
    ],
  });
  const names = objects.map((object) => (object.metadata as { name: string }).name);
  expect(names).toEqual(["my-app", "my-app", "my-app-2", "my-app-2"]);
});

test.each(otherFileNames)("%s becomes YAML documents, one an object", async (file) => {
  const read = await otherFile(file);
  if (isRefused(read)) return;
  const { text, objects } = manifestsOf(read.input, { app: read.name, withSecrets: true });
  const documents = parseAllDocuments(text);
  expect(documents.flatMap(({ errors }) => errors)).toEqual([]);
  expect(documents.map((document) => document.toJS())).toEqual(JSON.parse(JSON.stringify(objects)));
});
