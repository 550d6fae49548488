// What can break, by name, in the groups that --faults takes. What each does is in faults.ts.

const groups = {
  crash: ["master-crash", "worker-crash", "node-power", "master-power", "engine-restart"],
  partition: ["partition", "partition-there", "partition-back", "partition-many"],
  network: ["slow-link", "lossy-link", "duplicates", "broken-streams"],
  disk: ["disk-full", "disk-broken", "disk-slow", "disk-unsure"],
  engine: [
    "engine-hangs",
    "engine-hangs-at-start",
    "engine-slow",
    "container-removed",
    "container-dies",
    "events-lost",
  ],
  clock: ["clock-jump"],
  pause: ["master-pause", "worker-pause"],
  wipe: ["node-wiped"],
  upgrade: ["master-upgrade", "worker-upgrade"],
  registry: ["image-gone", "registry-slow"],
  pods: ["sandbox-dies", "sandbox-removed", "member-dies", "member-removed"],
  copies: ["fill-interrupted", "removal-comes-again"],
} as const;

export type FaultGroup = keyof typeof groups;
export type FaultKind = (typeof groups)[FaultGroup][number];

export const faultGroups = Object.keys(groups) as FaultGroup[];
export const faultKinds: readonly FaultKind[] = Object.values(groups).flat();

const groupByKind = new Map<FaultKind, FaultGroup>(
  faultGroups.flatMap((group) => groups[group].map((kind): [FaultKind, FaultGroup] => [kind, group])),
);

export function groupOf(kind: FaultKind): FaultGroup {
  return groupByKind.get(kind)!;
}
