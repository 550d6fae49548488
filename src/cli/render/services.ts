// Services as table rows, and their revisions and replicas.

import type { TaskView } from "../../api/views/task.ts";
import { waitedSentence } from "../../model/dependency/dependency.ts";
import type { NodeId } from "../../model/ids.ts";
import type { Node } from "../../model/node/node.ts";
import { selectorText } from "../../model/service/selector-text.ts";
import type { RevisionView, ServiceView } from "../../model/service/view.ts";
import { hasPods, readyColumn } from "./containers.ts";
import type { Colour } from "./style.ts";
import type { Column } from "./table.ts";
import { reasonText, shortId, statusText } from "./tasks.ts";
import { ageOf } from "./time.ts";

export function serviceColumns(now: number, wide: boolean): Column<ServiceView>[] {
  const columns: Column<ServiceView>[] = [
    { title: "NAME", text: ({ name }) => name, shrinksTo: 12 },
    { title: "ID", text: ({ serviceId }) => (wide ? serviceId : shortId(serviceId)) },
    { title: "IMAGE", text: imageText, shrinksTo: 10 },
    { title: "REPLICAS", text: replicasText, right: true },
    { title: "REVISION", text: ({ target }) => String(target || "-"), right: true },
    { title: "STATE", text: stateText, colour: stateColour },
    { title: "AGE", text: ({ createdAt }) => ageOf(createdAt, now), right: true },
  ];
  if (wide) columns.push({ title: "REASON", text: (service) => serviceSentence(service, now), wraps: true });
  return columns;
}

/** While a rollout waits for what the service depends on, that is its state. */
function stateText({ reason, rollout, waitsFor }: ServiceView): string {
  return rollout !== null && waitsFor ? "waiting" : reason.code;
}

/** How far the service is, and what it waits for. */
export function serviceSentence({ reason, waitsFor }: ServiceView, now: number): string {
  return waitsFor ? `${reason.message}; ${waitedSentence(waitsFor, now)}` : reason.message;
}

/** Of a service without a template, what it selects. */
function imageText({ template, selector }: ServiceView): string {
  return template.containers[0]?.image ?? (selector ? `tasks with ${selectorText(selector)}` : "-");
}

/** "2/3": how many serve of how many are wanted. */
export function replicasText({ replicas }: Pick<ServiceView, "replicas">): string {
  return `${replicas.serving}/${replicas.wanted}`;
}

function stateColour({ reason, replicas }: ServiceView): Colour | undefined {
  if (reason.code === "steady" || reason.code === "selecting")
    return replicas.serving >= replicas.wanted ? "green" : "yellow";
  return reason.code === "failing" || reason.code === "rolled-back" ? "red" : "yellow";
}

/** `tasks`: what is shown. Tasks that a service selects have names, and no slots of it. */
export function replicaColumns(
  now: number,
  nodes: ReadonlyMap<NodeId, Node>,
  tasks: readonly TaskView[],
): Column<TaskView>[] {
  const node = ({ nodeId }: TaskView) => (nodeId === null ? "-" : (nodes.get(nodeId)?.hostname ?? shortId(nodeId)));
  return [
    { title: tasks.every(({ owner }) => owner?.slot) ? "SLOT" : "NAME", text: ({ name }) => name, shrinksTo: 12 },
    { title: "ID", text: ({ taskId }) => shortId(taskId) },
    { title: "REVISION", text: ({ owner }) => String(owner?.revision ?? "-"), right: true, drops: 2 },
    ...(hasPods(tasks) ? [readyColumn] : []),
    { title: "STATUS", text: replicaStatus, shrinksTo: 14, cutLast: true },
    { title: "NODE", text: node, shrinksTo: 6 },
    { title: "AGE", text: ({ createdAt }) => ageOf(createdAt, now), right: true },
    { title: "REASON", text: reasonText, shrinksTo: 12, drops: 1 },
  ];
}

function replicaStatus(task: TaskView): string {
  return task.desired === "draining" ? `${task.status} (draining)` : statusText(task);
}

/** The first twelve digits of what the image stands for, as engines shorten ids. */
function digestText({ images = [], spec }: RevisionView): string {
  const { image } = spec.containers[0]!;
  const digest = image.split("@")[1] ?? images.find((one) => one.image === image)?.digest ?? null;
  return digest === null ? "unpinned" : digest.replace("sha256:", "").slice(0, 12);
}

export function revisionColumns(now: number, service: ServiceView): Column<RevisionView>[] {
  const what = ({ number }: RevisionView) =>
    [
      number === service.target ? "wanted" : "",
      number === service.stable ? "stable" : "",
      number === service.reason.failedRevision ? "failed" : "",
    ]
      .filter(Boolean)
      .join(", ");
  return [
    { title: "REVISION", text: ({ number }) => String(number), right: true },
    { title: "IMAGE", text: ({ spec }) => spec.containers[0]!.image, shrinksTo: 10 },
    { title: "DIGEST", text: digestText, shrinksTo: 8, drops: 1 },
    { title: "BY", text: ({ by }) => by, shrinksTo: 8 },
    { title: "AGE", text: ({ at }) => ageOf(at, now), right: true },
    { title: "IS", text: (revision) => what(revision) || "-" },
    { title: "NOTE", text: ({ note }) => note || "-", shrinksTo: 10 },
  ];
}
