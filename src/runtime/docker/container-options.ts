// The options of a container in the form of the Engine API: what goes into the container's own configuration, and what goes
// into its host configuration. Pure. A group that the container does not have gives no field, so that the engine's default holds.

import type { ContainerSpec } from "../../model/task/spec.ts";

type Fields = Record<string, unknown>;
type Group<Name extends keyof ContainerSpec> = NonNullable<ContainerSpec[Name]>;

const nanosecondsPerMs = 1e6;

/** docker's own word for two lists of paths, which the engine does not know as a security option. */
const unmasked = /^systempaths[=:]unconfined$/;

/** The fields that are not undefined. */
function given(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

/** Beside image, command and environment. */
export function configOptions({ network, process, health }: ContainerSpec): Fields {
  return given({
    Hostname: network?.hostname,
    StopSignal: process?.stopSignal,
    Healthcheck: health && healthcheck(health),
  });
}

export function hostOptions({ network, process, security, devices, limits, logging }: ContainerSpec): Fields {
  return given({
    Init: process?.init,
    ...(network && networkFields(network)),
    ...(security && securityFields(security)),
    ...(devices && deviceFields(devices)),
    ...(limits && limitFields(limits)),
    LogConfig: logging && { Type: logging.driver ?? "", Config: logging.options ?? {} },
  });
}

/** The options that Podman's service takes and ignores without a word (seen with 4.3.1); null if there are none. */
export function ignoredByPodman({ devices, security }: ContainerSpec): string | null {
  if (devices?.gpus) return "devices.gpus (--gpus)";
  return security?.options?.find((option) => unmasked.test(option)) ?? null;
}

function networkFields({ mode, extraHosts, dns }: Group<"network">): Fields {
  return {
    NetworkMode: mode,
    ExtraHosts: extraHosts?.map(({ host, address }) => `${host}:${address}`),
    Dns: dns?.servers,
    DnsSearch: dns?.search,
    DnsOptions: dns?.options,
  };
}

function securityFields({ privileged, readOnly, capAdd, capDrop, groupAdd, options }: Group<"security">): Fields {
  const isUnmasked = options?.some((option) => unmasked.test(option)) ?? false;
  return {
    Privileged: privileged,
    ReadonlyRootfs: readOnly,
    CapAdd: capAdd,
    CapDrop: capDrop,
    GroupAdd: groupAdd,
    SecurityOpt: options?.filter((option) => !unmasked.test(option)),
    ...(isUnmasked ? { MaskedPaths: [], ReadonlyPaths: [] } : {}),
  };
}

function deviceFields({ paths, gpus }: Group<"devices">): Fields {
  return {
    Devices: paths?.map(({ host, container, permissions }) => ({
      ...{ PathOnHost: host, PathInContainer: container, CgroupPermissions: permissions },
    })),
    DeviceRequests: gpus && [
      {
        Driver: gpus.driver ?? "",
        // The engine takes either a number or ids, and -1 for all.
        Count: gpus.ids ? 0 : gpus.count === "all" ? -1 : (gpus.count ?? 1),
        DeviceIDs: gpus.ids ?? null,
        Capabilities: [["gpu", ...(gpus.capabilities ?? [])]],
        Options: gpus.options ?? {},
      },
    ],
  };
}

function limitFields({ ulimits, shmSizeBytes, sysctls, pids, memorySwapBytes }: Group<"limits">): Fields {
  return {
    Ulimits: ulimits?.map(({ name, soft, hard }) => ({ Name: name, Soft: soft, Hard: hard })),
    ShmSize: shmSizeBytes,
    Sysctls: sysctls,
    PidsLimit: pids,
    MemorySwap: memorySwapBytes,
  };
}

function healthcheck(health: Group<"health">): Fields {
  const { command, intervalMs, timeoutMs, startPeriodMs, retries, disabled } = health;
  if (disabled) return { Test: ["NONE"] };
  const nanoseconds = (ms: number | undefined) => (ms === undefined ? undefined : ms * nanosecondsPerMs);
  return given({
    Test:
      command === undefined ? undefined : typeof command === "string" ? ["CMD-SHELL", command] : ["CMD", ...command],
    Interval: nanoseconds(intervalMs),
    Timeout: nanoseconds(timeoutMs),
    StartPeriod: nanoseconds(startPeriodMs),
    Retries: retries,
  });
}
