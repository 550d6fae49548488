// The options that only some containers have, and that are handed to the engine as they are: network, rights, devices, limits,
// logging, health.
// One schema serves the request, the record and the description of both. A container has only those that were given, so
// that a container without options costs no memory and no byte of the log.

import { z } from "zod";
import { isIpAddress } from "../../lib/ip-address.ts";
import { absolutePath, choice, flag, freeText, integer, ipAddress, list, text } from "../fields.ts";
import { limits } from "../limits.ts";
import { signalForm, signalForms } from "../signal.ts";

const { optionCount } = limits;

/** A name or value that the engine checks: without blanks and control characters. */
const word = (expected: string, maxLength: number = 256) => text(/^[^\s\p{Cc}]+$/u, maxLength, expected);

const texts = z
  .record(word("a name without blanks"), freeText(limits.labelValueLength, "a value"), {
    error: "an object of names and values",
  })
  .refine((value) => Object.keys(value).length <= optionCount, { error: `at most ${optionCount} entries` });

const hostName = (maxLength: number) =>
  text(/^[a-zA-Z0-9]([a-zA-Z0-9._-]*[a-zA-Z0-9])?$/, maxLength, "a host name of letters, digits, '-', '_' and '.'");

const hostAddress = z
  .string({ error: "an IP address or host-gateway" })
  .refine((value) => value === "host-gateway" || isIpAddress(value), {
    error: "an IP address such as 10.0.0.5, or host-gateway for the node itself",
  });

const network = z.strictObject({
  mode: choice(["bridge", "host", "none", "cluster"])
    .optional()
    .describe(
      "bridge: a network of its own; host: the network of the node; none: no network; cluster: an address of the cluster, under which the tasks of its app reach it. No worker has the last one yet: such a task waits.",
    ),
  app: text(/^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/, limits.nameLength, "the name of an app")
    .optional()
    .describe("The app whose tasks reach each other. With mode cluster, and only there."),
  hostname: hostName(63).optional().describe("Host name in the container; left out: a part of the container's id."),
  extraHosts: list(
    z.strictObject({
      host: hostName(253).describe("The name."),
      address: hostAddress.describe("Its address, or host-gateway."),
    }),
    optionCount,
  )
    .optional()
    .describe("Lines of /etc/hosts in the container. The address host-gateway stands for the node."),
  dns: z
    .strictObject({
      servers: list(ipAddress, optionCount).optional().describe("Addresses of DNS servers."),
      search: list(text(/^(\.|[a-zA-Z0-9_]([a-zA-Z0-9._-]*[a-zA-Z0-9_])?\.?)$/, 253, "a domain"), optionCount)
        .optional()
        .describe("Domains in which short names are looked up."),
      options: list(word("an option such as ndots:2"), optionCount).optional().describe("Such as ndots:2."),
    })
    .optional()
    .describe("The container's /etc/resolv.conf."),
});

const process = z.strictObject({
  init: flag.optional().describe("True: process 1 is an init that forwards signals and reaps processes."),
  stopSignal: text(signalForm, 20, signalForms)
    .optional()
    .describe("The signal that asks it to stop; left out: the image's, or SIGTERM."),
});

const capability = text(/^(CAP_)?[A-Z][A-Z_]{1,40}$/i, 48, "a capability such as NET_ADMIN, or ALL");

const security = z.strictObject({
  privileged: flag.optional().describe("True: all capabilities and all devices of the node."),
  readOnly: flag.optional().describe("True: the root file system of the container cannot be written."),
  capAdd: list(capability, optionCount).optional().describe("Capabilities beyond those of the engine's default."),
  capDrop: list(capability, optionCount).optional().describe("Capabilities that are taken away; ALL for all."),
  groupAdd: list(word("a group, as name or number"), optionCount)
    .optional()
    .describe("Further groups of the user, as name or number."),
  options: list(
    text(
      /^[a-z-]+([=:].*)?$/s,
      limits.securityOptionLength,
      "a security option such as no-new-privileges, apparmor=PROFILE, label=disable or seccomp=unconfined",
    ),
    optionCount,
  )
    .optional()
    .describe("As docker's --security-opt. A seccomp profile is its JSON text, not the path of a file."),
});

const devices = z.strictObject({
  paths: list(
    z.strictObject({
      host: absolutePath.describe("A device, or a folder of devices, on the node."),
      container: absolutePath.describe("Its path in the container."),
      permissions: text(/^[rwm]{1,3}$/, 3, "r, w and m for read, write and mknod")
        .default("rwm")
        .describe("r, w and m for read, write and mknod."),
    }),
    optionCount,
  )
    .optional()
    .describe("Devices by their path on the node."),
  gpus: z
    .strictObject({
      count: z
        .union([z.literal("all"), integer(1, 1024)], { error: "all, or a whole number from 1 to 1024" })
        .optional()
        .describe("How many; all of them."),
      ids: list(word("the number or the UUID of a device"), optionCount).optional().describe("Which ones."),
      driver: word("the name of a driver").optional().describe("Such as nvidia; left out: the engine chooses."),
      capabilities: list(word("a capability such as utility"), optionCount)
        .optional()
        .describe("Such as compute or utility."),
      options: texts.optional().describe("Options of the driver."),
    })
    .optional()
    .describe("count or ids, not both. The engine needs the runtime of the maker of the devices."),
});

export const ulimitNames = [
  ...["core", "cpu", "data", "fsize", "locks", "memlock", "msgqueue", "nice", "nofile", "nproc", "rss", "rtprio"],
  ...["rttime", "sigpending", "stack"],
] as const;
const ulimitAmount = integer(-1, Number.MAX_SAFE_INTEGER);

function containerLimits<B extends z.ZodType<number>>(bytes: B) {
  return z.strictObject({
    ulimits: list(
      z.strictObject({
        name: choice(ulimitNames as unknown as readonly ["core", ...string[]]).describe("As ulimit -a names it."),
        soft: ulimitAmount.describe("-1: unlimited."),
        hard: ulimitAmount.describe("-1: unlimited."),
      }),
      optionCount,
    )
      .optional()
      .describe("Limits of the kernel for each process."),
    shmSizeBytes: bytes.optional().describe("Size of /dev/shm; left out: the engine's default, usually 64 MiB."),
    sysctls: texts
      .optional()
      .describe("Kernel parameters of the container's own namespaces, such as net.core.somaxconn."),
    pids: integer(-1, 4_194_304).optional().describe("Most processes and threads at once; -1 or 0: no limit."),
    memorySwapBytes: z
      .union([z.literal(-1), bytes], { error: 'memory and swap together such as "1g", or -1 for no limit' })
      .optional()
      .describe(
        "Memory and swap together, at least the memory limit; -1: no limit. Left out: no swap beyond that limit.",
      ),
  });
}

const logging = z.strictObject({
  driver: word("the name of a log driver such as json-file, local or none")
    .optional()
    .describe("Such as json-file, local, journald or none."),
  options: texts.optional().describe('Options of the driver, such as {"max-size": "10m"}.'),
});

const healthMs = integer(1, 86_400_000);

const health = z.strictObject({
  command: z
    .union(
      [
        freeText(limits.argumentLength),
        list(freeText(limits.argumentLength), limits.argumentCount).refine((value) => value.length > 0, {
          error: "a list with at least a program",
        }),
      ],
      { error: "a command for the shell as one string, or a program and its arguments as a list" },
    )
    .optional()
    .describe("A string is run by the shell of the container, a list without one. Left out: the image's check."),
  intervalMs: healthMs.optional().describe("Time between two checks."),
  timeoutMs: healthMs.optional().describe("Time after which a check has failed."),
  startPeriodMs: healthMs.optional().describe("Time at the start in which failures do not count."),
  retries: integer(1, 1000).optional().describe("Failures in a row that make it unhealthy."),
  disabled: flag.optional().describe("True: without the check of the image."),
});

/**
 * The options that a client may send and a record holds, by field. `bytes` is how amounts of memory are written: in
 * requests also as "64m".
 */
export function containerOptions<B extends z.ZodType<number>>(bytes: B) {
  return {
    network: network.optional().describe("Network, names and DNS of the container."),
    process: process.optional().describe("How its processes are run and stopped."),
    security: security.optional().describe("What its processes may do."),
    devices: devices.optional().describe("Devices of the node that it gets."),
    limits: containerLimits(bytes).optional().describe("Limits beside cpu and memory."),
    logging: logging.optional().describe("Where the engine puts what it writes; left out: the engine's default."),
    health: health.optional().describe("The health check that the engine runs, as an image's HEALTHCHECK."),
  };
}

/** What a mount may say beyond its source, target and size. */
export const mountOptions = z.strictObject({
  propagation: choice(["private", "rprivate", "shared", "rshared", "slave", "rslave"])
    .optional()
    .describe("bind: which mounts made below it are seen on the other side."),
  selinux: choice(["z", "Z"])
    .optional()
    .describe("bind and volume: relabel for SELinux, for all containers (z) or this one (Z)."),
  consistency: choice(["consistent", "cached", "delegated"]).optional().describe("bind: used by Docker Desktop only."),
  nonRecursive: flag.optional().describe("bind: without the mounts below it."),
  noCopy: flag.optional().describe("volume: a new one is not filled with what the image has at the target."),
  driver: word("the name of a volume driver").optional().describe("volume: the driver that makes it."),
  driverOptions: texts.optional().describe("volume: options of that driver."),
  labels: texts.optional().describe("volume: labels of a new one."),
  mode: integer(0, 0o7777).optional().describe("tmpfs: permissions as a number, 1023 for octal 1777."),
  flags: list(text(/^[a-z0-9_]+(=[^\s,]*)?$/, 256, "a mount option such as noexec or uid=1000"), optionCount)
    .optional()
    .describe("tmpfs: further mount options."),
});
