// Compose files to the input of an app: what several keys say together, what is refused and where, and x-podling.

import { describe, expect, test } from "bun:test";
import { translateTexts, translateWeb } from "./translated.ts";

const errorsOf = async (lines: string, more = "") => {
  const body = `name: a\nservices:\n  web:\n    image: nginx\n${lines.replace(/^(?=.)/gm, "    ")}\n${more}`;
  return (await translateTexts({ "compose.yaml": body }, { env: { S: "s" } })).errors;
};

describe("refused at the key that says it", () => {
  test.each([
    ["platform: a", "5:5: services.web.platform: expected os/architecture"],
    ["cpus: 9999", '5:5: services.web.cpus: expected cores such as 0.5, "0.5" or "500m", up to 1024, found 9999'],
    [
      "cpus: 2\ndeploy: {resources: {limits: {cpus: '1'}}}",
      "6:35: services.web.deploy.resources.limits.cpus: another key",
    ],
    ["deploy: {resources: {limits: {memory: 64m}, reservations: {memory: 65m}}}", "the request (65 MiB) is larger"],
    ["ports: ['1-2:1-2', '3-4:3']", "5:24: services.web.ports[2].published: Podling chooses no port of a range"],
    ["network_mode: host\nports: ['80:80']", "6:13: services.web.ports[0]: a container in the network of the node"],
    ["environment: {A=: b}", '5:19: services.web.environment."A=": '],
    ["healthcheck: {test: [a]}", "5:19: services.web.healthcheck.test: a test as a list begins with CMD"],
    ["healthcheck: {interval: soon}", "5:19: services.web.healthcheck.interval: expected a whole number"],
    ['command: "a \'b"', "5:5: services.web.command: a quote is not closed"],
    ["restart: sometimes", '5:5: services.web.restart: "sometimes" is no restart policy'],
    ["deploy: {restart_policy: {condition: x}}", '5:31: services.web.deploy.restart_policy.condition: "x" is no'],
    [
      "deploy: {placement: {constraints: [disk==ssd]}}",
      '5:40: services.web.deploy.placement.constraints[0]: "disk==ssd"',
    ],
    ["deploy: {placement: {preferences: [{spread: zone}]}}", "preferences[0].spread: it is no label of nodes"],
    ["deploy: {mode: global, replicas: 2}", "5:28: services.web.deploy.replicas: a service with one replica a node"],
    ["deploy: {mode: global, update_config: {max_failure_ratio: 0.1}}", "no number of replicas to take a ratio of"],
    ["deploy: {mode: replicated-job}\nrestart: always", "6:5: services.web.restart: the tasks of a job must end"],
    ["security_opt: ['seccomp:./p.json']", "5:20: services.web.security_opt[0]: the file of a seccomp profile"],
    ["tmpfs: '/run:mode=9'", "5:12: services.web.tmpfs[0]: mode=9: no octal number"],
    ["tmpfs: /run\nsecrets: [{source: s, target: /run}]", "/run is mounted twice"],
    ["x-podling: {canry: 1}", "5:17: services.web.x-podling.canry: unknown key canry. Did you mean canary?"],
    ["x-podling: {canary: many}", "5:17: services.web.x-podling.canary: expected a whole number from 0 to 10000"],
    ["x-podling: {readiness: {tcp: {prt: 1}}}", "unknown key prt"],
    ["x-podling: 1", "5:5: services.web.x-podling: it must be a mapping"],
    ["deploy: {x-podling: {}}", "5:14: services.web.deploy.x-podling: x-podling has no meaning here"],
    ["configs: [{source: c, x-podling: {env: A, on_chnge: none}}]", "Did you mean on_change?"],
  ])("%s", async (lines, expected) => {
    const found = await errorsOf(lines, "configs: {c: {content: x}}\nsecrets: {s: {environment: S}}\n");
    expect(found.join("\n")).toContain(expected);
  });

  test("names that are too long, and an app with a wrong name", async () => {
    const long = "a".repeat(70);
    const { errors } = await translateTexts({ "compose.yaml": `name: a-\nservices: {${long}: {image: b}}` });
    expect(errors.map((error) => error.slice(0, 40))).toEqual([
      "compose.yaml:1:1: name: expected a name ",
      `compose.yaml:2:12: services.${long}: `.slice(0, 40),
    ]);
  });

  test("a build without an image", async () => {
    const { errors } = await translateTexts({ "compose.yaml": "name: a\nservices: {web: {build: .}}" });
    expect(errors).toEqual([
      "compose.yaml:2:18: services.web.build: the service has a build and no image, and Podling builds none. Add image: REGISTRY/NAME, and push it: docker compose build --push.",
    ]);
  });
});

test("nothing that is ignored or refused reaches the input", async () => {
  const lines = [
    "annotations: {a: b}",
    "container_name: web",
    "ipc: host",
    "gpus: [{count: 1}, {count: 2}]",
    "deploy: {labels: {a: b}, placement: {constraints: [node.role==manager]}}",
    "volumes: [{type: image, source: x, target: /y}]",
  ].join("\n");
  expect(await translateWeb(lines)).toEqual({ name: "a_web", image: "nginx", restartPolicy: "never" });
});

describe("restart", () => {
  test.each([
    ["", "never"],
    ["restart: 'no'", "never"],
    ["restart: unless-stopped", "always"],
    ["restart: on-failure:3", "on-failure:3"],
    ["restart: on-failure", "on-failure"],
    ["restart: always\ndeploy: {restart_policy: {condition: none}}", "never"],
    ["deploy: {restart_policy: {}}", "always"],
    ["deploy: {restart_policy: {max_attempts: 2}}", { mode: "always", maxRestarts: 2 }],
  ])("%s", async (lines, restartPolicy) => expect(await translateWeb(lines)).toMatchObject({ restartPolicy }));
});

describe("one key in several forms", () => {
  test.each([
    ["entrypoint: ''\ncommand: []", { command: [], args: [] }],
    ["healthcheck: {test: curl -f localhost}", { health: { command: "curl -f localhost" } }],
    ["healthcheck: {test: [CMD-SHELL, a | b]}", { health: { command: "a | b" } }],
    ["healthcheck: {test: [NONE]}", { health: { disabled: true } }],
    ["healthcheck: {start_period: 0s, retries: 0, interval: 5s}", { health: { intervalMs: 5000 } }],
    ["ulimits: {nofile: 5}", { limits: { ulimits: [{ name: "nofile", soft: 5, hard: 5 }] } }],
    ["gpus: all", { devices: { gpus: { count: "all" } } }],
    ["memswap_limit: -1\nmem_limit: 64m", { limits: { memorySwapBytes: -1 } }],
    ["ports: [80]", { ports: [{ containerPort: 80, protocol: "tcp" }] }],
    ["volumes: [/data]", { mounts: [{ type: "volume", source: "", target: "/data" }] }],
    ["configs: [c]", { configs: [{ name: "a_c", target: "/c" }] }],
    ["pull_policy: if_not_present", { pullPolicy: "missing" }],
  ])("%s", async (lines, part) => {
    expect(await translateWeb(lines, "configs: {c: {content: x}}\n")).toMatchObject(part);
  });
});

describe("x-podling", () => {
  test("of a service", async () => {
    const lines = `x-podling:
  {priority: 5, near: [web, other], apart: [web], spread: [zone], prefer: ['disk=ssd'], constraints: [fast],
   drain: 5s, order: auto, deadline: 1m, min_ready: 2s, max_surge: 2, max_unavailable: 0, max_failures: 1,
   readiness: {tcp: {port: 80}}, restart: {mode: always, backoffMaxMs: 5000}}`;
    expect(await translateWeb(lines)).toEqual({
      name: "a_web",
      image: "nginx",
      restartPolicy: { mode: "always", backoffMaxMs: 5000 },
      constraints: ["fast"],
      placement: { near: ["a_web", "other"], apart: ["a_web"], spread: ["zone"], prefer: ["disk=ssd"] },
      priority: 5,
      readinessProbe: { tcp: { port: 80 } },
      rollout: {
        ...{ drainMs: 5000, order: "auto", deadlineMs: 60_000, minReadyMs: 2000 },
        ...{ maxSurge: 2, maxUnavailable: 0, maxFailures: 1 },
      },
    });
  });

  test("of volumes, configs and secrets", async () => {
    const { input, errors } = await translateTexts({
      "compose.yaml": `name: a
services: {web: {image: b, configs: [{source: c, x-podling: {env: C, on_change: none}}]}}
volumes: {v: {x-podling: {writers: many, node: n1}}}
configs: {c: {content: x}}`,
    });
    expect(errors).toEqual([]);
    expect(input.volumes).toEqual([{ name: "a_v", writers: "many", node: "n1" }]);
    expect(input.services?.[0]).toMatchObject({ configs: [{ name: "a_c", env: "C", onChange: "none" }] });
  });
});

test("options of another type of mount have no effect, and a warning", async () => {
  const { warnings } = await translateTexts({
    "compose.yaml": "name: a\nservices: {web: {image: b, volumes: [{type: volume, target: /x, tmpfs: {size: 1m}}]}}",
  });
  expect(warnings).toEqual([
    "compose.yaml:2:65: warning: services.web.volumes[0].tmpfs: a mount of the type volume has no options of a tmpfs. Remove them, or write type: tmpfs.",
  ]);
});

test("jobs and schedules", async () => {
  const { input, errors } = await translateTexts({
    "compose.yaml": `name: a
services:
  once: {image: b, ports: ['80:80'], deploy: {mode: replicated-job, replicas: 3}}
  part: {image: b, deploy: {mode: replicated-job, replicas: 3}, x-podling: {completions: 9, indexed: true, ttl: 1h}}
  nightly: {image: b, restart: on-failure, deploy: {mode: replicated-job}, x-podling: {cron: '0 3 * * *', timezone: UTC}}`,
  });
  expect(errors).toEqual([]);
  const port = { containerPort: 80, hostPort: 80, protocol: "tcp", hostIp: "node" };
  const common = { image: "b", restartPolicy: "never" };
  expect(input).toEqual({
    jobs: [
      { name: "a_once", ...common, ports: [port], completions: 3, parallelism: 3 },
      { name: "a_part", ...common, completions: 9, indexed: true, ttlAfterFinished: 3_600_000 },
    ],
    schedules: [{ name: "a_nightly", ...common, restartPolicy: "on-failure", cron: "0 3 * * *", timezone: "UTC" }],
  } as never);
});

test("more members than an app may have", async () => {
  const volumes = Array.from({ length: 201 }, (_, index) => `v${index}: {}`).join(", ");
  const { errors } = await translateTexts({ "compose.yaml": `name: a\nservices: {}\nvolumes: {${volumes}}` });
  expect(errors).toEqual([
    "compose.yaml:3:1: volumes: there are 201 volumes, and an app has at most 200. Split the file into several apps.",
  ]);
});

test("nothing can wait for a schedule", async () => {
  const { errors } = await translateTexts({
    "compose.yaml": `name: a
services:
  nightly: {image: b, deploy: {mode: replicated-job}, x-podling: {cron: '0 3 * * *'}}
  web: {image: b, depends_on: [nightly]}`,
  });
  expect(errors).toEqual([
    "compose.yaml:4:32: services.web.depends_on.nightly: nightly is a schedule, and nothing can wait for its jobs. Remove it, or run that job once: without cron.",
  ]);
});

test("the content of a file that is no text is sent in base64", async () => {
  const { readCompose } = await import("../../../src/compose/read-compose.ts");
  const { translate } = await import("../../../src/compose/translate/translate.ts");
  const files: Record<string, Uint8Array> = {
    "compose.yaml": new TextEncoder().encode("services: {web: {image: b}}\nconfigs: {c: {file: c.bin}}"),
    "/app/c.bin": new Uint8Array([255, 0]),
  };
  const reader = {
    read: async (path: string) =>
      files[path] ? { found: true as const, bytes: files[path] } : { found: false as const, why: null },
  };
  const asked = { files: ["compose.yaml"], profiles: [], envFiles: [], env: {}, cwd: "/app" };
  const { document } = await readCompose(asked, reader);
  const { input } = translate(document!, { app: "a" });
  expect(input.configs).toEqual([{ name: "a_c", data: "/wA=", encoding: "base64" }]);
});

test.each([
  ["", 120_000],
  ["start_period: 5s", 5_000],
  ["start_period: 0s", undefined],
])("a container has time to become healthy, as with Compose: healthcheck with %p", async (line, startPeriodMs) => {
  const { health } = await translateWeb(`healthcheck: {test: [CMD, a], interval: 1s, ${line}}`);
  expect(health).toEqual({ command: ["a"], intervalMs: 1_000, ...(startPeriodMs ? { startPeriodMs } : {}) });
});
