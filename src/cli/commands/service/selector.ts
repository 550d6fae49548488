// podling service create and update with --selector: a service that owns no replicas, and whose endpoints are tasks with labels.

import type { SelectorServiceBody } from "../../../model/service/selector-input.ts";
import type { ServiceView } from "../../../model/service/view.ts";
import type { Context } from "../../command/context.ts";
import { exitCodes } from "../../command/exit-codes.ts";
import { UsageError } from "../../command/failure.ts";
import type { Flag } from "../../command/flag.ts";
import type { FlagValues } from "../../command/flag-values.ts";
import { keyValues } from "../task/task-input.ts";

export const selectorFlag: Flag = {
  long: "selector",
  value: "K=V",
  description: "no replicas: the endpoints are tasks with this label; -p PORT:CONTAINER says which of their ports",
  repeatable: true,
};

export const selectorFlags: readonly Flag[] = [
  selectorFlag,
  { long: "namespace", value: "NAME", description: "namespace of its tasks, which is their label podling.namespace" },
];

/** Those that mean something without a template. */
const known = new Set(["selector", "namespace", "name", "publish", "label", "detach", "timeout"]);

/** Refuses flags of a template. `flags`: all of the command. */
export function refuseTemplateFlags(values: FlagValues, flags: readonly Flag[], name: string): void {
  const other = flags.find(({ long }) => !known.has(long) && values.given(long));
  if (other === undefined) return;
  const hint = `With --selector it names tasks that are there. For replicas: podling service create ${name} --image IMAGE`;
  throw new UsageError(`--${other.long} is for a service with replicas, and one with --selector has none`, hint);
}

export async function createSelector(context: Context, name: string): Promise<number> {
  const { flags } = context;
  const body = { name, selector: selectorOf(flags), ...othersOf(flags) };
  return printed(context, await context.call("createService", { body }));
}

/** Labels are added to those that it has; a selector or a list of ports replaces the one before. */
export async function updateSelector(context: Context, before: ServiceView): Promise<number> {
  const { flags } = context;
  const { name, selector = {}, namespace, ports = [], labels = {}, annotations = {} } = before;
  const given = othersOf(flags);
  const body: SelectorServiceBody = {
    ...{ name, selector: { ...selector }, ports: [...ports], annotations: { ...annotations } },
    ...(namespace === undefined ? {} : { namespace }),
    ...given,
    ...(flags.given("selector") ? { selector: selectorOf(flags) } : {}),
    labels: { ...labels, ...given.labels },
  };
  return printed(context, await context.call("putService", { id: name, body }));
}

/** Also several in one, as in kubectl: app=web,tier=front. */
function selectorOf(flags: FlagValues): Record<string, string> {
  const labels = flags.texts("selector").flatMap((text) => text.split(/,(?=[^,=]+=)/));
  const bare = labels.find((text) => !text.includes("="));
  if (bare === undefined) return keyValues(labels, "--selector");
  throw new UsageError(`--selector ${bare}: the value is missing`, `Write --selector ${bare || "K"}=VALUE`);
}

function othersOf(flags: FlagValues): Pick<SelectorServiceBody, "namespace" | "ports" | "labels"> {
  const namespace = flags.text("namespace");
  const labels = keyValues(flags.texts("label"), "--label");
  const ports = flags.texts("publish").map(portOf);
  return {
    ...(namespace === undefined ? {} : { namespace }),
    ...(Object.keys(labels).length > 0 ? { labels } : {}),
    ...(ports.length > 0 ? { ports } : {}),
  };
}

/** `80`, `80:8080`, `53:5353/udp`: the port of the service, then that in the container. */
function portOf(text: string): NonNullable<SelectorServiceBody["ports"]>[number] {
  const match = /^(\d{1,5})(?::(\d{1,5}))?(?:\/(tcp|udp|sctp))?$/i.exec(text);
  const [port, targetPort] = [Number(match?.[1]), Number(match?.[2] ?? match?.[1])];
  if (!match || [port, targetPort].some((one) => one < 1 || one > 65_535)) {
    const hint = "Write PORT or PORT:CONTAINER, such as 80:8080, with /udp or /sctp for these protocols.";
    throw new UsageError(`-p ${text}: with --selector, expected a port of the service`, hint);
  }
  const protocol = match[3]?.toLowerCase() as "udp" | undefined;
  return { port, targetPort, ...(protocol === undefined ? {} : { protocol }) };
}

/** Says at once if no task has the labels: most often they are mistyped. */
async function printed(context: Context, service: ServiceView): Promise<number> {
  const { name, serviceId, replicas } = service;
  if (context.output() === "json") await context.outJson(service);
  else await context.out(`${context.output() === "name" ? name : serviceId}\n`);
  const { wanted, serving } = replicas;
  const what =
    wanted === 0 ? "no unfinished task has its labels" : `${serving} of ${wanted} tasks with its labels are ready`;
  await context.say(`${name}: ${what}. Where: podling service endpoints ${name}`);
  return exitCodes.done;
}
