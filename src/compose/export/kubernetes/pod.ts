// The pod of a workload: its containers, its network, and what holds for all of them.

import { given, some, type Workload } from "../values.ts";
import { type ContainerFields, containerOf, type PodContext } from "./container.ts";
import { dnsName } from "./names.ts";
import { placementOf } from "./placement.ts";

/** `restart` is left out for workloads whose pods are always started again. */
export function podOf(
  workload: Workload,
  name: string,
  context: PodContext,
  restart?: "Never" | "OnFailure",
): { metadata: Record<string, unknown>; spec: Record<string, unknown> } {
  const { names, notes, volumes } = context;
  if (some(workload.dependsOn))
    notes.say(
      `it starts at once: Kubernetes does not wait for ${workload.dependsOn!.map((one) => one.name).join(", ")}`,
    );
  const { containers, init } = containersOf(workload, name, context);
  const spec = {
    restartPolicy: restart,
    terminationGracePeriodSeconds: workload.stopGraceSeconds,
    ...networkOf(workload, context),
    securityContext: podSecurity(workload, context),
    ...placementOf(workload, name, context.app, names, notes),
    initContainers: some(init),
    containers,
    volumes: some(volumes.list()),
  };
  const annotations = annotationsOf(workload, context);
  return { metadata: given({ labels: names.labels(name), annotations })!, spec: given(spec)! };
}

function containersOf(workload: Workload, name: string, context: PodContext): { containers: object[]; init: object[] } {
  const { containers: several, initContainers = [] } = workload;
  const init: object[] = initContainers.map((one) => containerOf(dnsName(one.name), one as ContainerFields, context));
  if (!several) return { containers: [containerOf(name, workload, context)], init };
  const containers: object[] = [];
  for (const one of several) {
    if (one.dependsOn && Object.keys(one.dependsOn).length > 0)
      context.notes.say(`the container ${one.name} starts at once, without waiting for others`);
    const made = containerOf(dnsName(one.name), one as ContainerFields, context);
    // A sidecar of Kubernetes is an init container that is always started again.
    if (one.sidecar) init.push({ ...made, restartPolicy: "Always" });
    else containers.push(made);
  }
  return { containers, init };
}

function networkOf({ network = {} }: Workload, { notes }: PodContext): Record<string, unknown> {
  const { mode, hostname, extraHosts = [], dns } = network;
  if (mode === "none") notes.say("it has a network: write a NetworkPolicy that allows nothing");
  if (extraHosts.some(({ address }) => address === "host-gateway"))
    notes.say("host-gateway is no address: use the variable of a field reference to status.hostIP");
  const aliases = extraHosts
    .filter(({ address }) => address !== "host-gateway")
    .map(({ host, address }) => ({ ip: address, hostnames: [host] }));
  const isHost = mode === "host";
  return {
    hostNetwork: isHost || undefined,
    hostname: hostname === undefined ? undefined : dnsName(hostname.split(".")[0]!),
    dnsPolicy: dns?.servers?.length ? "None" : isHost ? "ClusterFirstWithHostNet" : undefined,
    dnsConfig:
      dns &&
      given({
        nameservers: some(dns.servers),
        searches: some(dns.search),
        options: some(
          dns.options?.map((option) => {
            const [name, value] = option.split(/:(.*)/s, 2);
            return given({ name, value });
          }),
        ),
      }),
    hostAliases: some(aliases),
  };
}

function podSecurity(
  { security = {}, limits = {} }: Workload,
  { notes }: PodContext,
): Record<string, unknown> | undefined {
  const groups = (security.groupAdd ?? []).filter((group) => /^\d+$/.test(group));
  if (groups.length < (security.groupAdd?.length ?? 0)) notes.say("Kubernetes takes numbers of groups, and no names");
  return given({
    supplementalGroups: some(groups.map(Number)),
    sysctls: some(Object.entries(limits.sysctls ?? {}).map(([name, value]) => ({ name, value }))),
  });
}

/** Labels of tasks hold any text, as annotations do. */
function annotationsOf({ labels = {} }: Workload, { notes }: PodContext): Record<string, string> | undefined {
  const fits = ([key]: [string, string]) => /^([a-z0-9.-]+\/)?[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/.test(key);
  const entries = Object.entries(labels);
  const kept = entries.filter(fits);
  if (kept.length < entries.length) notes.say("labels with other signs in their names are left out");
  return kept.length === 0 ? undefined : Object.fromEntries(kept);
}
