// On which nodes the pods of a workload run.

import { given, some, type Workload } from "../values.ts";
import type { ObjectNames } from "./names.ts";
import type { Notes } from "./notes.ts";

type Constraint = NonNullable<Workload["constraints"]>[number];

const hostname = "kubernetes.io/hostname";

export function placementOf(
  workload: Workload,
  name: string,
  app: string,
  names: ObjectNames,
  notes: Notes,
): Record<string, unknown> {
  const { constraints = [], placement = {}, platform } = workload;
  const { spread = [], maxPerNode, prefer = [], near = [], apart = [] } = placement;
  const own = { labelSelector: { matchLabels: names.labels(name) } };
  const beside = (record: string) => ({
    labelSelector: { matchLabels: names.labels(names.of(record, app)) },
    topologyKey: hostname,
  });
  if (maxPerNode !== undefined && maxPerNode > 1)
    notes.say(`Kubernetes does not limit pods to ${maxPerNode} on a node: write a topology spread constraint`);
  notes.without(workload.priority, "its priority needs a PriorityClass");
  const alone = maxPerNode === 1 ? [{ ...own, topologyKey: hostname }] : [];
  const required = constraints.map(expression);
  const [os, arch] = platform?.split("/") ?? [];
  return {
    nodeSelector: given({ "kubernetes.io/os": os, "kubernetes.io/arch": arch }),
    affinity: given({
      nodeAffinity: given({
        requiredDuringSchedulingIgnoredDuringExecution:
          required.length > 0 ? { nodeSelectorTerms: [{ matchExpressions: required }] } : undefined,
        preferredDuringSchedulingIgnoredDuringExecution: some(prefer.map(preferred)),
      }),
      podAffinity: given({ requiredDuringSchedulingIgnoredDuringExecution: some(near.map(beside)) }),
      podAntiAffinity: given({
        requiredDuringSchedulingIgnoredDuringExecution: some([...alone, ...apart.map(beside)]),
      }),
    }),
    topologySpreadConstraints: some(
      spread.map((key) => ({ maxSkew: 1, topologyKey: key, whenUnsatisfiable: "ScheduleAnyway", ...own })),
    ),
  };
}

function expression(constraint: Constraint): Record<string, unknown> {
  if (constraint.operator === "exists") return { key: constraint.key, operator: "Exists" };
  const operator = constraint.operator === "equals" ? "In" : "NotIn";
  return { key: constraint.type === "node" ? hostname : constraint.key, operator, values: [constraint.value] };
}

/** Weights of Kubernetes go from 1 to 100; a negative one prefers nodes without the value. */
function preferred({ key, value, weight }: { key: string; value: string; weight: number }): Record<string, unknown> {
  const operator = weight < 0 ? "NotIn" : "In";
  const amount = Math.min(100, Math.max(1, Math.abs(weight)));
  return { weight: amount, preference: { matchExpressions: [{ key, operator, values: [value] }] } };
}
