// The flags of `run`, as data.

import type { Flag } from "../../../command/flag.ts";
import { placementFlags, priorityFlag } from "./placement.ts";

/** Gives the image, when the first word is the name. The short form counts after the name only. */
export const imageFlag: Flag = {
  long: "image",
  value: "IMAGE",
  description: "image of the container, when the first word is the name; after the name also -i IMAGE",
  completes: "images",
};

const taskFlags: readonly Flag[] = [
  imageFlag,
  { long: "name", value: "NAME", description: "name of the task, if it is not the first word" },
  {
    long: "again",
    description: "allow a second task of the same name; without it, run refuses a name that an unfinished task has",
  },
  { long: "detach", short: "d", description: "do not wait: print the id when the task is accepted" },
  { long: "follow", short: "f", description: "show the output, and return the container's exit code" },
  {
    long: "rm",
    description: "follow the task and remove it when it has finished; with -d it stays until podling prune, or a day",
  },
  {
    long: "replicas",
    value: "N",
    description: "keep this many of it running, as a service: the same as podling service create",
  },
  {
    long: "timeout",
    value: "TIME",
    description: "wait this long until it runs; after that the task is kept, and the exit code is 2",
    default: "5m",
  },
  {
    long: "env",
    short: "e",
    value: "K=V",
    description: "environment variable; K alone copies the value from your shell",
    repeatable: true,
  },
  {
    long: "env-file",
    value: "FILE",
    description: "file of environment variables, one K=V per line",
    repeatable: true,
    completes: "files",
  },
  {
    long: "publish",
    aliases: ["port"],
    short: "p",
    value: "PORT",
    description:
      "CONTAINER, HOST:CONTAINER or IP:HOST:CONTAINER, also ranges such as 8000-8010:80-90, with /udp or /sctp; on 127.0.0.1 of the node unless an IP is given",
    repeatable: true,
  },
  {
    long: "volume",
    short: "v",
    value: "MOUNT",
    description:
      "NAME:/PATH[:ro], /HOST/PATH:/PATH[:ro], or /PATH for a volume of the container's own; with docker's modes (z, Z, cached, rshared, nocopy)",
    repeatable: true,
  },
  {
    long: "mount",
    value: "MOUNT",
    description: "mount in docker's long form: type=bind,source=/HOST/PATH,target=/PATH,readonly",
    repeatable: true,
  },
  {
    long: "tmpfs",
    value: "PATH",
    description: "folder in memory: /PATH, /PATH:SIZE or /PATH:OPTIONS, such as /run:size=64m,noexec",
    repeatable: true,
  },
  {
    long: "config",
    value: "CONFIG",
    description:
      "config as a file: NAME:/PATH, or in docker's long form with source=, target=, uid=, gid=, mode=, version=, and on-change=restart, signal or none",
    repeatable: true,
    completes: "configs",
  },
  { long: "config-env", value: "VAR=NAME", description: "config as an environment variable", repeatable: true },
  {
    long: "secret",
    value: "SECRET",
    description: "secret as a file in memory: NAME for /run/secrets/NAME, NAME:/PATH, or in the forms of --config",
    repeatable: true,
    completes: "secrets",
  },
  { long: "secret-env", value: "VAR=NAME", description: "secret as an environment variable", repeatable: true },
  { long: "memory", short: "m", value: "SIZE", description: "memory to reserve, and the limit: 512m, 2g" },
  { long: "cpus", value: "N", description: "cores to reserve, and the limit: 0.5, 2" },
  { long: "reserve-memory", value: "SIZE", description: "memory to reserve, if less than the limit" },
  { long: "reserve-cpu", value: "N", description: "cores to reserve, if less than the limit" },
  { long: "label", short: "l", value: "K=V", description: "label of the task", repeatable: true },
  {
    long: "restart",
    value: "POLICY",
    description: "never (the default), on-failure, on-failure:N (at most N times; 0 for no limit) or always",
    completes: ["never", "on-failure", "always"],
  },
  {
    long: "constraint",
    value: "EXPR",
    description: "label that the node must have: disk==ssd, zone!=b, gpu, node==NAME",
    repeatable: true,
  },
  { long: "entrypoint", value: "COMMAND", description: 'replace the entrypoint of the image; "" for none' },
  { long: "user", short: "u", value: "USER", description: "user in the container: name, uid or uid:gid" },
  { long: "workdir", short: "w", value: "PATH", description: "working directory in the container" },
  {
    long: "pull",
    value: "WHEN",
    description: "when to pull the image: missing, always or never",
    choices: ["missing", "always", "never"],
  },
  {
    long: "platform",
    value: "OS/ARCH",
    description: "required platform of the node, such as linux/arm64 or linux/arm/v7",
  },
  {
    long: "stop-timeout",
    value: "SECONDS",
    description: "time between SIGTERM and SIGKILL when the task is stopped",
  },
];

const probeForm =
  "http=:PORT/PATH, https=:PORT/PATH, tcp=PORT, exec=COMMAND or healthcheck, then period=5s, timeout=1s, failures=3 and others";

/** See docs/PROBES.md. */
const probeFlags: readonly Flag[] = [
  {
    long: "readiness",
    value: "PROBE",
    description: `when it is ready for traffic: ${probeForm}; service update also takes none`,
  },
  { long: "liveness", value: "PROBE", description: "when it must be restarted: as --readiness" },
  { long: "startup", value: "PROBE", description: "when it has started, before the other two begin: as --readiness" },
];

/** Handed to the engine as they are, with docker's names and forms. */
const engineFlags: readonly Flag[] = [
  {
    long: "network",
    aliases: ["net"],
    value: "MODE",
    description: "bridge (the default), host for the network of the node, none, or cluster:APP",
  },
  { long: "hostname", short: "h", value: "NAME", description: "host name in the container" },
  many("add-host", "HOST:IP", "line of /etc/hosts in the container; the IP host-gateway is the node"),
  many("dns", "IP", "DNS server of the container"),
  many("dns-search", "DOMAIN", "search domain of the container"),
  { ...many("dns-option", "OPTION", "option of its resolver, such as ndots:2"), aliases: ["dns-opt"] },
  { long: "init", description: "run an init as process 1, which forwards signals and reaps processes" },
  { long: "stop-signal", value: "SIGNAL", description: "signal that asks the container to stop, such as SIGINT" },
  { long: "read-only", description: "no writes to the root file system of the container" },
  { long: "privileged", description: "give the container all rights on the node" },
  many("cap-add", "CAPABILITY", "add a capability, such as NET_ADMIN"),
  many("cap-drop", "CAPABILITY", "take a capability away, or ALL"),
  many("group-add", "GROUP", "further group of the user in the container"),
  many("security-opt", "OPTION", "security option: no-new-privileges, apparmor=PROFILE, seccomp=FILE or unconfined"),
  many("device", "DEVICE", "device of the node: /dev/HOST, /dev/HOST:/dev/CONTAINER[:rwm]"),
  { long: "gpus", value: "GPUS", description: "devices for computing: all, a number, or '\"device=0,1\"'" },
  many("ulimit", "NAME=N", "limit of the kernel: nofile=1024 or nofile=1024:2048 (soft:hard)"),
  { long: "shm-size", value: "SIZE", description: "size of /dev/shm, such as 256m" },
  many("sysctl", "NAME=VALUE", "kernel parameter of the container, such as net.core.somaxconn=1024"),
  { long: "pids-limit", value: "N", description: "most processes and threads at once; -1 for no limit" },
  { long: "memory-swap", value: "SIZE", description: "memory and swap together; -1 for no limit; by default no swap" },
  { long: "log-driver", value: "DRIVER", description: "log driver of the engine, such as local, journald or none" },
  many("log-opt", "NAME=VALUE", "option of the log driver, such as max-size=10m"),
  {
    long: "health-cmd",
    value: "COMMAND",
    description: "health check that the engine runs, by the shell of the container",
  },
  { long: "health-interval", value: "TIME", description: "time between two checks" },
  { long: "health-timeout", value: "TIME", description: "time after which a check has failed" },
  { long: "health-start-period", value: "TIME", description: "time at the start in which failures do not count" },
  { long: "health-retries", value: "N", description: "failures in a row that make it unhealthy" },
  { long: "no-healthcheck", description: "no health check, although the image has one" },
];

function many(long: string, value: string, description: string): Flag {
  return { long, value, description, repeatable: true };
}

export const runFlags: readonly Flag[] = [...taskFlags, ...placementFlags, priorityFlag, ...probeFlags, ...engineFlags];

const noTerminal = "tasks have no terminal. --follow shows the output";
const oneNamespace = "containers have namespaces of their own. --privileged gives all rights on the node";
const followed = "the output is shown by --follow";
const onlyOne = "one task is started; for several: --replicas N";
const quietly = "stdout has only the id; leave out the rest with 2>/dev/null";
const nameEachPort = "name each port: -p 80 publishes port 80 on a free port of the node";

/** docker's flags that Podling does not have, each with what to do instead. */
export const refusedRunFlags: Readonly<Record<string, string>> = {
  ...{ "-i": noTerminal, "-t": noTerminal, "--interactive": noTerminal, "--tty": noTerminal },
  ...{ "--publish-all": nameEachPort, "-P": nameEachPort },
  ...{ "-a": followed, "--attach": followed, "--sig-proxy": followed, "--detach-keys": followed },
  ...{ "--pid": oneNamespace, "--ipc": oneNamespace, "--uts": oneNamespace, "--userns": oneNamespace },
  ...{ "--scale": onlyOne, "--count": onlyOne, "--mode": onlyOne, "--update-delay": onlyOne },
  ...{ "-q": quietly, "--quiet": quietly },
  "--labels": "write each label: -l KEY=VALUE",
  "--dry-run": "podling run -d starts it, podling explain TASK shows why it is where it is",
  "--with-registry-auth": "the node pulls with docker login of the user of its worker",
  "--limit-memory": "write -m SIZE",
  "--limit-cpu": "write --cpus N",
  "--storage-opt": "the engine's settings count",
  "--blkio-weight": "disk bandwidth is not limited",
  "--node": "write --constraint node==NAME",
  "--cgroupns": oneNamespace,
  "--cgroup-parent": "limit cpu and memory with --cpus and -m",
  "--cpu-shares": "write --reserve-cpu N: it weighs the cpu as well, and counts when a node is chosen",
  "-c": "write --reserve-cpu N: it weighs the cpu as well, and counts when a node is chosen",
  "--cpu-quota": "write --cpus N",
  "--cpu-period": "write --cpus N",
  "--cpuset-cpus": "write --cpus N: the cores are not chosen",
  "--memory-reservation": "write --reserve-memory SIZE",
  "--expose": "leave it out: it publishes nothing. -p publishes a port",
  "--link": "tasks reach one another by published ports: -p HOST:CONTAINER",
  "--network-alias": "there are no networks of users. --hostname sets the host name",
  "--ip": "the engine chooses the address. -p IP:HOST:CONTAINER publishes on an address of the node",
  "--mac-address": "the engine chooses the address",
  "--volumes-from": "mount the same volume in both: -v NAME:/PATH",
  "--volume-driver": "write --mount type=volume,source=NAME,target=/PATH,volume-driver=DRIVER",
  "--device-cgroup-rule": "name each device: --device /dev/HOST:/dev/CONTAINER:rwm",
  "--domainname": "write the whole name: --hostname web.example.com",
  "--label-file": "write each label: -l KEY=VALUE",
  "--cidfile": "the id is printed: podling run -d ... > FILE",
  "--runtime": "the engine's default runtime is used",
  "--oom-kill-disable": "raise the limit: -m SIZE",
  "--health-start-interval": "checks at the start come at --health-interval",
};
