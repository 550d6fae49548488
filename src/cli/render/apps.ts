// Apps as table rows, their revisions, and what becomes of their members.

import type { AppRevision, MemberChange } from "../../model/app/app.ts";
import type { AppView } from "../../model/app/view.ts";
import type { Colour } from "./style.ts";
import type { Column } from "./table.ts";
import { ageOf } from "./time.ts";
import { counted } from "./words.ts";

export function appColumns(now: number, wide: boolean): Column<AppView>[] {
  const columns: Column<AppView>[] = [
    { title: "NAME", text: ({ name }) => name, shrinksTo: 12 },
    { title: "SERVICES", text: servicesText, right: true },
    { title: "JOBS", text: jobsText, right: true },
    { title: "REVISION", text: ({ revision }) => String(revision), right: true, drops: 1 },
    { title: "STATUS", text: ({ reason }) => reason.code, colour: statusColour },
    { title: "UPDATED", text: ({ updatedAt }) => `${ageOf(updatedAt, now)} ago`, right: true },
  ];
  if (wide)
    columns.push(
      { title: "BY", text: ({ by }) => by },
      { title: "REASON", text: ({ reason }) => reason.message, wraps: true },
    );
  return columns;
}

/** "2/3": how many services have all of their replicas, of how many. */
export function servicesText({ services }: Pick<AppView, "services">): string {
  return services.length === 0 ? "-" : `${services.filter(isReady).length}/${services.length}`;
}

export function isReady({ ready, wanted }: AppView["services"][number]): boolean {
  return ready >= wanted;
}

/** "1/2": how many have completed, of how many. */
function jobsText({ jobs }: Pick<AppView, "jobs">): string {
  return jobs.length === 0 ? "-" : `${jobs.filter(({ status }) => status === "completed").length}/${jobs.length}`;
}

function statusColour({ reason: { code } }: Pick<AppView, "reason">): Colour | undefined {
  if (code === "steady" || code === "empty") return "green";
  return code === "failing" || code === "incomplete" ? "red" : "yellow";
}

type Member = { name: string; ready: string; status: string };

/** Its services, and its jobs below them. */
export function memberRows({ services, jobs }: Pick<AppView, "services" | "jobs">): Member[] {
  return [
    ...services.map(({ name, ready, wanted, status }) => ({ name, ready: `${ready}/${wanted}`, status })),
    ...jobs.map(({ name, status }) => ({ name, ready: "job", status })),
  ];
}

export const memberColumns: Column<Member>[] = [
  { title: "NAME", text: ({ name }) => name, shrinksTo: 12 },
  { title: "READY", text: ({ ready }) => ready, right: true },
  { title: "STATUS", text: ({ status }) => status },
];

export function revisionColumns(now: number, newest: number): Column<AppRevision>[] {
  return [
    {
      title: "REVISION",
      text: ({ number }) => (number === newest ? `${number} (newest)` : String(number)),
    },
    { title: "SERVICES", text: ({ services }) => String(services.length), right: true },
    { title: "JOBS", text: ({ jobs, schedules }) => String(jobs.length + schedules.length), right: true, drops: 1 },
    { title: "BY", text: ({ by }) => by, shrinksTo: 8 },
    { title: "AGE", text: ({ at }) => ageOf(at, now), right: true },
    { title: "NOTE", text: ({ note }) => note || "-", shrinksTo: 10 },
  ];
}

const verbs = { created: "create", updated: "update", removed: "remove", kept: "keep" } as const;

/** "create service shop_web": what will be done, a line for each member that changes or is kept. */
export function changeLines(changes: readonly MemberChange[]): string[] {
  const lines = (["removed", "created", "updated", "kept"] as const).flatMap((change) =>
    changes
      .filter((one) => one.change === change)
      .map(({ kind, name }) => `${verbs[change]} ${kind} ${name}${change === "kept" ? whyKept(kind) : ""}`),
  );
  const same = changes.filter(({ change }) => change === "unchanged").length;
  return [...lines, ...(same > 0 ? [`${counted(same, "member")} unchanged`] : [])];
}

function whyKept(kind: MemberChange["kind"]): string {
  return kind === "volume" ? ", which has data" : ", which is still in use; a later apply removes it";
}

/** True when something is created, updated or removed. */
export function hasChanges(changes: readonly MemberChange[]): boolean {
  return changes.some(({ change }) => change !== "unchanged" && change !== "kept");
}
