// For each key that counts a small file with it, and what it becomes in the input. every-key.test.ts takes the key out again, and the
// input must be another one then.
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these texts are what is tested

export interface KeyLine {
  /** The path of the row. */
  path: string;
  /** The whole file. */
  yaml: string;
  /** A part of the input of the app. */
  input: object;
  files?: Record<string, string>;
  env?: Record<string, string>;
}

interface More {
  /** Sections below the service. */
  below?: string;
  files?: Record<string, string>;
  env?: Record<string, string>;
  paths?: string;
}

const indent = (lines: string) => lines.replace(/^(?=.)/gm, "    ");

/** Keys of the service `web`: `paths` without services.*. */
function web(paths: string, lines: string, part: object, { below = "", ...more }: More = {}): KeyLine[] {
  const yaml = `name: a\nservices:\n  web:\n    image: nginx\n${indent(lines)}\n${below}`;
  return paths.split(" ").map((path) => ({
    path: `services.*.${path}`,
    yaml,
    input: { services: [{ name: "a_web", ...part }] },
    ...more,
  }));
}

/** Keys of a whole file. */
function file(paths: string, yaml: string, input: object, more: More = {}): KeyLine[] {
  return paths.split(" ").map((path) => ({ path, yaml, input, ...more }));
}

const image = "services: {web: {image: nginx}}\n";

const top: KeyLine[] = [
  ...file("name", `name: a\n${image}`, { services: [{ name: "a_web" }] }),
  ...file("services services.*.image", `name: a\n${image}`, { services: [{ image: "nginx" }] }),
  ...file(
    "x-*",
    "name: a\nservices: {web: {image: nginx, x-podling: {canary: 1}}}",
    { services: [{ rollout: { canary: 1 } }] },
    {},
  ),
  ...file(
    "include include[].path include[].env_file include[].project_directory",
    "name: a\ninclude: [{path: b/b.yaml, env_file: v.env, project_directory: c}]\nservices: {}\n",
    { services: [{ name: "a_db", image: "postgres:17", mounts: [{ source: "/app/c/data" }] }] },
    {
      files: {
        "b/b.yaml": "services: {db: {image: 'postgres:${V:-16}', volumes: ['./data:/data']}}",
        "v.env": "V=17",
        "c/.env": "",
      },
    },
  ),
];

const container: KeyLine[] = [
  ...web("command", "command: a 'b c'", { args: ["a", "b c"] }),
  ...web("entrypoint", "entrypoint: [a, b]", { command: ["a", "b"] }),
  ...web("environment", "environment: {A: 1}", { env: { A: "1" } }),
  ...web("user", "user: '1000'", { user: "1000" }),
  ...web("working_dir", "working_dir: /srv", { workingDir: "/srv" }),
  ...web("hostname", "hostname: h", { network: { hostname: "h" } }),
  ...web("labels", "labels: {a: b}", { labels: { a: "b" } }),
  ...web("read_only", "read_only: true", { security: { readOnly: true } }),
  ...web(
    "env_file env_file[].path",
    "env_file: [{path: v.env}]",
    { env: { A: "1" } },
    { files: { "/app/v.env": "A=1" } },
  ),
  ...web(
    "env_file[].format",
    "env_file: [{path: v.env, format: raw}]",
    { env: { A: "'1'" } },
    { files: { "/app/v.env": "A='1'" } },
  ),
  ...web("env_file[].required", "env_file: [{path: no.env, required: false}]", {}),
  ...web("label_file", "label_file: v.labels", { labels: { a: "1" } }, { files: { "/app/v.labels": "a=1" } }),
  ...file("services.*.profiles", "name: a\nservices: {web: {image: b, profiles: [p]}}", {}),
  ...file(
    "services.*.extends services.*.extends.service",
    "name: a\nservices: {web: {image: b, extends: {service: base}}, base: {image: b, user: '1'}}",
    { services: [{ user: "1" }, { user: "1" }] },
  ),
  ...web(
    "extends.file",
    "extends: {service: base, file: b.yaml}",
    { user: "1" },
    { files: { "b.yaml": "services: {base: {image: b, user: '1'}}" } },
  ),
  ...web("platform", "platform: linux/arm64", { platform: "linux/arm64" }),
  ...web("pull_policy", "pull_policy: always", { pullPolicy: "always" }),
  ...web("logging logging.driver", "logging: {driver: local}", { logging: { driver: "local" } }),
  ...web("logging.options", "logging: {options: {max-size: 1m}}", { logging: { options: { "max-size": "1m" } } }),
];

const life: KeyLine[] = [
  ...web("restart", "restart: always", { restartPolicy: "always" }),
  ...web("init", "init: true", { process: { init: true } }),
  ...web("stop_signal", "stop_signal: SIGINT", { process: { stopSignal: "SIGINT" } }),
  ...web("stop_grace_period", "stop_grace_period: 1m30s", { stopGraceSeconds: 90 }),
  ...web(
    "healthcheck healthcheck.test healthcheck.interval healthcheck.timeout healthcheck.retries healthcheck.start_period",
    "healthcheck: {test: [CMD, a, b], interval: 1m, timeout: 2s, retries: 5, start_period: 3s}",
    { health: { command: ["a", "b"], intervalMs: 60_000, timeoutMs: 2000, retries: 5, startPeriodMs: 3000 } },
  ),
  ...web("healthcheck.disable", "healthcheck: {disable: true}", { health: { disabled: true } }),
];

const dependencies: KeyLine[] = [
  ...web(
    "depends_on depends_on.*.condition depends_on.*.restart",
    "depends_on: {db: {condition: service_healthy, restart: true}}",
    { dependsOn: [{ name: "a_db", condition: "healthy", restart: true }] },
    { below: "  db: {image: b}\n" },
  ).map((line) => ({ ...line, input: { services: [...(line.input as Services).services, { name: "a_db" }] } })),
  ...web("depends_on.*.required", "depends_on: {db: {condition: service_started, required: false}}", {
    dependsOn: [{ name: "a_db", condition: "started", required: false }],
  }),
];

interface Services {
  services: object[];
}

const amounts: KeyLine[] = [
  ...web("cpus", "cpus: 0.5", { resources: { cpu: { limit: 0.5 } } }),
  ...web("mem_limit", "mem_limit: 64m", { resources: { memory: { limit: 67_108_864 } } }),
  ...web("mem_reservation", "mem_reservation: 64m", { resources: { memory: { request: 67_108_864 } } }),
  ...web("memswap_limit", "mem_limit: 64m\nmemswap_limit: 128m", { limits: { memorySwapBytes: 134_217_728 } }),
  ...web("shm_size", "shm_size: 64m", { limits: { shmSizeBytes: 67_108_864 } }),
  ...web("pids_limit", "pids_limit: 100", { limits: { pids: 100 } }),
  ...web("sysctls", "sysctls: {net.core.somaxconn: 1024}", { limits: { sysctls: { "net.core.somaxconn": "1024" } } }),
  ...web("ulimits ulimits.*.soft ulimits.*.hard", "ulimits: {nofile: {soft: 1, hard: 2}}", {
    limits: { ulimits: [{ name: "nofile", soft: 1, hard: 2 }] },
  }),
];

const gpu = "gpus: [{capabilities: [utility], driver: nvidia, options: {a: b}, ";
const gpuInput = { driver: "nvidia", capabilities: ["utility"], options: { a: "b" } };
const rights: KeyLine[] = [
  ...web("privileged", "privileged: true", { security: { privileged: true } }),
  ...web("cap_add", "cap_add: [NET_ADMIN]", { security: { capAdd: ["NET_ADMIN"] } }),
  ...web("cap_drop", "cap_drop: [ALL]", { security: { capDrop: ["ALL"] } }),
  ...web("security_opt", "security_opt: ['no-new-privileges:true']", {
    security: { options: ["no-new-privileges:true"] },
  }),
  ...web("group_add", "group_add: [5]", { security: { groupAdd: ["5"] } }),
  ...web(
    "devices devices[].source devices[].target devices[].permissions",
    "devices: [{source: /dev/a, target: /dev/b, permissions: r}]",
    { devices: { paths: [{ host: "/dev/a", container: "/dev/b", permissions: "r" }] } },
  ),
  ...web("gpus gpus[].capabilities gpus[].driver gpus[].options gpus[].count", `${gpu}count: 2}]`, {
    devices: { gpus: { ...gpuInput, count: 2 } },
  }),
  ...web("gpus[].device_ids", `${gpu}device_ids: ['0']}]`, { devices: { gpus: { ...gpuInput, ids: ["0"] } } }),
];

const networks: KeyLine[] = [
  ...web(
    "ports ports[].target ports[].published ports[].protocol ports[].name ports[].mode ports[].host_ip",
    "ports: [{target: 53, published: 5353, protocol: udp, name: dns, mode: host, host_ip: 127.0.0.1}]",
    {
      ports: [{ containerPort: 53, hostPort: 5353, protocol: "udp", name: "dns", mode: "host", hostIp: "127.0.0.1" }],
    },
  ),
  ...web("dns", "dns: 9.9.9.9", { network: { dns: { servers: ["9.9.9.9"] } } }),
  ...web("dns_opt", "dns_opt: ['ndots:1']", { network: { dns: { options: ["ndots:1"] } } }),
  ...web("dns_search", "dns_search: example.com", { network: { dns: { search: ["example.com"] } } }),
  ...web("extra_hosts", "extra_hosts: ['a:10.0.0.1']", {
    network: { extraHosts: [{ host: "a", address: "10.0.0.1" }] },
  }),
  ...web("network_mode", "network_mode: none", { network: { mode: "none" } }),
];

const data = "volumes: {data: {}}\n";
const bind = "volumes: [{type: bind, source: /a, target: /b, read_only: true, consistency: cached, bind: ";
const volume = "volumes: [{type: volume, source: data, target: /b, volume: ";
const mounts: KeyLine[] = [
  ...web(
    "volumes volumes[].type volumes[].source volumes[].target volumes[].read_only volumes[].consistency volumes[].bind",
    `${bind}{propagation: shared}}]`,
    {
      mounts: [
        {
          ...{ type: "bind", source: "/a", target: "/b", readOnly: true },
          options: { propagation: "shared", consistency: "cached" },
        },
      ],
    },
  ),
  ...web("volumes[].bind.propagation", `${bind}{propagation: shared}}]`, {
    mounts: [{ options: { propagation: "shared" } }],
  }),
  ...web("volumes[].bind.selinux", `${bind}{selinux: z}}]`, { mounts: [{ options: { selinux: "z" } }] }),
  ...web("volumes[].bind.recursive", `${bind}{recursive: disabled}}]`, {
    mounts: [{ options: { nonRecursive: true } }],
  }),
  ...web(
    "volumes[].volume volumes[].volume.labels volumes[].volume.nocopy",
    `${volume}{labels: {a: b}, nocopy: true}}]`,
    { mounts: [{ type: "volume", source: "a_data", options: { labels: { a: "b" }, noCopy: true } }] },
    { below: data },
  ),
  ...web(
    "volumes[].tmpfs volumes[].tmpfs.size volumes[].tmpfs.mode",
    "volumes: [{type: tmpfs, target: /b, tmpfs: {size: 64m, mode: 0700}}]",
    { mounts: [{ type: "tmpfs", target: "/b", sizeBytes: 67_108_864, options: { mode: 0o700 } }] },
  ),
  ...web("tmpfs", "tmpfs: '/run:size=1m,mode=1777,noexec'", {
    mounts: [{ type: "tmpfs", target: "/run", sizeBytes: 1_048_576, options: { mode: 0o1777, flags: ["noexec"] } }],
  }),
  ...(["config", "secret"] as const).flatMap((kind) =>
    web(
      ["", "[].source", "[].target", "[].uid", "[].gid", "[].mode"].map((key) => `${kind}s${key}`).join(" "),
      `${kind}s: [{source: c, target: /etc/c, uid: '1', gid: '2', mode: 0400}]`,
      { [`${kind}s`]: [{ name: "a_c", target: "/etc/c", uid: 1, gid: 2, mode: 0o400 }] },
      { below: `${kind}s: {c: {environment: C}}\n`, env: { C: "c" } },
    ),
  ),
];

const update =
  "parallelism: 2, delay: 1s, monitor: 2s, order: start-first, failure_action: pause, max_failure_ratio: 0.5";
const device = "driver: nvidia, options: {a: b}, capabilities: [gpu, utility]";
const deploy: KeyLine[] = [
  ...web("scale", "scale: 2", { replicas: 2 }),
  ...web("deploy deploy.replicas", "deploy: {replicas: 2}", { replicas: 2 }),
  ...web("deploy.mode", "deploy: {mode: global}", { mode: "global" }),
  ...web(
    ["", ".parallelism", ".delay", ".monitor", ".order", ".failure_action", ".max_failure_ratio"]
      .map((key) => `deploy.update_config${key}`)
      .join(" "),
    `deploy: {replicas: 4, update_config: {${update}}}`,
    {
      rollout: {
        ...{ parallelism: 2, delayMs: 1000, monitorMs: 2000, order: "start-first", onFailure: "pause", maxFailures: 2 },
      },
    },
  ),
  ...web(
    "deploy.resources deploy.resources.limits deploy.resources.limits.pids deploy.resources.limits.cpus deploy.resources.limits.memory",
    "deploy: {resources: {limits: {pids: 9, cpus: '0.5', memory: 64m}}}",
    { resources: { cpu: { limit: 0.5 }, memory: { limit: 67_108_864 } }, limits: { pids: 9 } },
  ),
  ...web(
    "deploy.resources.reservations deploy.resources.reservations.cpus deploy.resources.reservations.memory",
    "deploy: {resources: {reservations: {cpus: '0.5', memory: 64m}}}",
    { resources: { cpu: { request: 0.5 }, memory: { request: 67_108_864 } } },
  ),
  ...web(
    ["", "[].capabilities", "[].count", "[].driver", "[].options"]
      .map((key) => `deploy.resources.reservations.devices${key}`)
      .join(" "),
    `deploy: {resources: {reservations: {devices: [{count: 2, ${device}}]}}}`,
    { devices: { gpus: { ...gpuInput, count: 2 } } },
  ),
  ...web(
    "deploy.resources.reservations.devices[].device_ids",
    `deploy: {resources: {reservations: {devices: [{device_ids: ['0'], ${device}}]}}}`,
    { devices: { gpus: { ...gpuInput, ids: ["0"] } } },
  ),
  ...web(
    ["", ".condition", ".max_attempts", ".delay", ".window"].map((key) => `deploy.restart_policy${key}`).join(" "),
    "deploy: {restart_policy: {condition: on-failure, max_attempts: 3, delay: 1s, window: 2m}}",
    { restartPolicy: { mode: "on-failure", maxRestarts: 3, backoffInitialMs: 1000, resetAfterMs: 120_000 } },
  ),
  ...web(
    "deploy.placement deploy.placement.constraints deploy.placement.max_replicas_per_node",
    "deploy: {placement: {constraints: [node.labels.disk==ssd], max_replicas_per_node: 2}}",
    { constraints: ["node.labels.disk==ssd"], placement: { maxPerNode: 2 } },
  ),
  ...web(
    "deploy.placement.preferences deploy.placement.preferences[].spread",
    "deploy: {placement: {preferences: [{spread: node.labels.zone}, {spread: node.labels.rack}]}}",
    { placement: { spread: ["zone", "rack"] } },
  ),
];

const withData = `name: a\n${image.replace("nginx", "nginx, volumes: ['data:/d']")}`;
const driverOptions = { type: "nfs", device: ":/x" };
const sections: KeyLine[] = [
  ...file("volumes", `name: a\n${image}${data}`, { volumes: [{ name: "a_data" }] }),
  ...file("volumes.*.name", `name: a\n${image}volumes: {data: {name: other}}`, { volumes: [{ name: "other" }] }),
  ...file("volumes.*.labels", `name: a\n${image}volumes: {data: {labels: {b: c}}}`, {
    volumes: [{ name: "a_data", labels: { b: "c" } }],
  }),
  ...file("volumes.*.driver", `${withData}volumes: {data: {driver: rclone}}`, {
    services: [{ mounts: [{ source: "a_data", options: { driver: "rclone" } }] }],
  }),
  ...file("volumes.*.driver_opts", `${withData}volumes: {data: {driver_opts: {type: nfs, device: ':/x'}}}`, {
    services: [{ mounts: [{ source: "a_data", options: { driver: "local", driverOptions } }] }],
  }),
  ...file("volumes.*.external", `${withData}volumes: {data: {external: true}}`, {
    services: [{ mounts: [{ source: "data" }] }],
  }),
  ...file("volumes.*.external.name", `${withData}volumes: {data: {external: {name: x}}}`, {
    services: [{ mounts: [{ source: "x" }] }],
  }),
  ...(["config", "secret"] as const).flatMap((kind) => {
    const used = `name: a\nservices: {web: {image: nginx, ${kind}s: [c]}}\n${kind}s: {c: `;
    const made = (fields: object) => ({ [`${kind}s`]: [{ name: "a_c", ...fields }] });
    const given = (fields: object) => ({ services: [{ [`${kind}s`]: [fields] }] });
    return [
      ...file(`${kind}s`, `name: a\n${image}${kind}s: {c: {environment: V}}`, made({ data: "v" }), { env: { V: "v" } }),
      ...file(`${kind}s.*.environment`, `${used}{environment: V}}`, made({ data: "v" }), { env: { V: "v" } }),
      ...file(`${kind}s.*.file`, `${used}{file: f}}`, made({ data: "text" }), { files: { "/app/f": "text" } }),
      ...file(`${kind}s.*.name`, `${used}{environment: V, name: other}}`, given({ name: "other" }), {
        env: { V: "v" },
      }),
      ...file(`${kind}s.*.labels`, `${used}{environment: V, labels: {b: c}}}`, made({ labels: { b: "c" } }), {
        env: { V: "v" },
      }),
      ...file(`${kind}s.*.external`, `${used}{external: true}}`, given({ name: "c" })),
      ...file(`${kind}s.*.external.name`, `${used}{external: {name: x}}}`, given({ name: "x" })),
    ];
  }),
  ...file("configs.*.content", `name: a\n${image}configs: {c: {content: text}}`, { configs: [{ data: "text" }] }),
];

export const keyLines: readonly KeyLine[] = [
  ...top,
  ...container,
  ...life,
  ...dependencies,
  ...amounts,
  ...rights,
  ...networks,
  ...mounts,
  ...deploy,
  ...sections,
];
