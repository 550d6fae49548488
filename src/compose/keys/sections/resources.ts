// Rows of the keys of a service that limit what its containers use, but those below deploy.

import { alike, below, changed, honoured, ignored, type KeyRow, refused, unlessOff } from "../row.ts";

const reserves = "It is the limit, and without a reservation the scheduler reserves as much on the node.";
const lessReserved = "deploy.resources.reservations reserves less.";
const windows = "It is for Windows containers.";

export const resourceRows: readonly KeyRow[] = below("services.*", [
  changed("cpus", reserves, lessReserved),
  changed(
    "mem_limit",
    "It is the limit, and without a reservation the scheduler reserves as much on the node. There is no swap beyond it.",
    "mem_reservation reserves less; memswap_limit allows swap.",
  ),
  changed("mem_reservation", "The scheduler also reserves it: the node must have that much free.", ""),
  honoured("memswap_limit", "Needs mem_limit."),
  ...alike(honoured, "shm_size pids_limit sysctls ulimits ulimits.*.soft ulimits.*.hard", ""),
  ignored("mem_swappiness", "Podling does not set it; the node's own value counts.", "Set vm.swappiness on the node."),
  ignored(
    "cpu_shares",
    "The weight of a container follows from the cpu that is reserved for it.",
    "Write deploy.resources.reservations.cpus.",
  ),
  ignored("cpuset", "Podling pins no container to cores.", "Write cpus for a limit."),
  ...alike(
    refused,
    "cpu_quota cpu_period",
    "There is one way to limit cpu, and without the limit the program may take the whole node.",
    "Write cpus: the quota divided by the period (50000 of 100000 is 0.5).",
  ),
  ...alike(
    refused,
    "cpu_rt_period cpu_rt_runtime",
    "Podling hands no real-time budget to the engine, and a program with real-time threads fails without one.",
    "Leave it out if the program runs without.",
  ),
  ...alike(ignored, "cpu_count cpu_percent", windows, "Write cpus."),
  ...alike(
    ignored,
    [
      "blkio_config blkio_config.weight blkio_config.weight_device",
      "blkio_config.weight_device[].path blkio_config.weight_device[].weight",
      ...["device_read_bps", "device_read_iops", "device_write_bps", "device_write_iops"].map(
        (limit) => `blkio_config.${limit} blkio_config.${limit}[].path blkio_config.${limit}[].rate`,
      ),
    ].join(" "),
    "Podling sets no limits for disks.",
    "Limit them on the node, for the engine as a whole.",
  ),
  unlessOff(
    ignored("oom_kill_disable", "The kernel ends a container that reaches its memory limit.", "Raise mem_limit."),
  ),
  ignored(
    "oom_score_adj",
    "Podling does not set it: the kernel chooses what to end by its own score.",
    "Reserve memory.",
  ),
  ignored(
    "storage_opt",
    "The engine's default size of a container's own files counts.",
    "Set it in the engine's configuration.",
  ),
  ignored("cgroup_parent", "All containers are in the engine's own group.", "Set it in the engine's configuration."),
]);
