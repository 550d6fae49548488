// A service, job or schedule as a service of a compose file.

import { nodeAddress } from "../../../lib/ip-address.ts";
import { duration, given, type Service, some, type Workload } from "../values.ts";
import { deployOf, restartOf } from "./deploy.ts";
import { extensionOf } from "./extension.ts";
import { mountOf, type Names } from "./storage.ts";

export function serviceOf(workload: Workload, names: Names): Record<string, unknown> {
  const { network = {}, process = {}, security = {}, limits = {}, logging } = workload;
  return given({
    image: workload.image,
    entrypoint: workload.command,
    command: workload.args,
    environment: workload.env,
    labels: workload.labels,
    user: workload.user,
    working_dir: workload.workingDir,
    platform: workload.platform,
    pull_policy: workload.pullPolicy,
    ...restartOf(workload, names.isRun(workload.name)),
    stop_grace_period: workload.stopGraceSeconds === undefined ? undefined : `${workload.stopGraceSeconds}s`,
    init: process.init,
    stop_signal: process.stopSignal,
    healthcheck: healthcheckOf(workload),
    depends_on: dependenciesOf(workload, names),
    ports: some(workload.ports?.map(portOf)),
    network_mode: network.mode,
    hostname: network.hostname,
    extra_hosts: some(network.extraHosts?.map(({ host, address }) => `${host}=${address}`)),
    dns: some(network.dns?.servers),
    dns_search: some(network.dns?.search),
    dns_opt: some(network.dns?.options),
    privileged: security.privileged,
    read_only: security.readOnly,
    cap_add: some(security.capAdd),
    cap_drop: some(security.capDrop),
    group_add: some(security.groupAdd),
    security_opt: some(security.options),
    ...devicesOf(workload),
    ulimits: limits.ulimits && Object.fromEntries(limits.ulimits.map(({ name, ...both }) => [name, both])),
    shm_size: limits.shmSizeBytes,
    sysctls: limits.sysctls,
    pids_limit: limits.pids,
    memswap_limit: limits.memorySwapBytes,
    logging: logging && given({ driver: logging.driver, options: logging.options }),
    volumes: some(workload.mounts?.flatMap((mount) => mountOf(mount, workload.name, names) ?? [])),
    configs: some(workload.configs?.map((one) => referenceOf("configs", one, names))),
    secrets: some(workload.secrets?.map((one) => referenceOf("secrets", one, names))),
    deploy: deployOf(workload, names),
    "x-podling": extensionOf(workload, names),
  })!;
}

function portOf(port: NonNullable<Service["ports"]>[number]): Record<string, unknown> {
  const { name, hostPort, containerPort, protocol, hostIp, mode } = port as typeof port & { mode?: "host" };
  return given({
    ...{ name, target: containerPort, published: hostPort === null ? undefined : String(hostPort), protocol },
    host_ip: hostIp === nodeAddress ? undefined : hostIp,
    mode,
  })!;
}

function healthcheckOf({ health }: Workload): Record<string, unknown> | undefined {
  if (!health) return undefined;
  const { command, intervalMs, timeoutMs, startPeriodMs, retries, disabled } = health;
  return given({
    test: Array.isArray(command) ? ["CMD", ...command] : command === undefined ? undefined : ["CMD-SHELL", command],
    interval: duration(intervalMs),
    timeout: duration(timeoutMs),
    // Left out, it would be that of compose files.
    start_period: disabled ? duration(startPeriodMs) : (duration(startPeriodMs) ?? "0s"),
    retries,
    disable: disabled,
  });
}

const conditions = {
  started: "service_started",
  healthy: "service_healthy",
  completed: "service_completed_successfully",
} as const;

function dependenciesOf({ name, dependsOn = [] }: Workload, names: Names): Record<string, unknown> | undefined {
  const section: Record<string, unknown> = {};
  for (const { name: other, condition, required, restart } of dependsOn) {
    if (names.has(other))
      section[names.reference(other)] = given({ condition: conditions[condition], required, restart });
    else
      names.warn(
        `${name} waits for ${other}, which is not in this app, and a compose file names only its own services.`,
      );
  }
  return given(section);
}

function devicesOf({ devices }: Workload): Record<string, unknown> {
  const { paths, gpus } = devices ?? {};
  const list = paths?.map(({ host, container, permissions }) => ({ source: host, target: container, permissions }));
  if (!gpus) return { devices: some(list) };
  const { count, ids, driver, capabilities, options } = gpus;
  const request = given({ count, device_ids: ids, driver, capabilities, options });
  return { devices: some(list), gpus: request ? [request] : "all" };
}

function referenceOf(
  kind: "configs" | "secrets",
  reference: NonNullable<Workload["configs"]>[number],
  names: Names,
): Record<string, unknown> {
  const { name, target, env, uid, gid, mode, version, onChange, signal } = reference;
  const byDefault = env === undefined ? (kind === "configs" ? `/${name}` : `/run/secrets/${name}`) : undefined;
  return given({
    source: names.contentKey(kind, name).key,
    target: target ?? byDefault,
    uid: uid === undefined ? undefined : String(uid),
    gid: gid === undefined ? undefined : String(gid),
    mode,
    "x-podling": given({ env, version, on_change: onChange, signal }),
  })!;
}
