// Rows of the keys below deploy, and of scale.

import { alike, below, butFor, changed, honoured, ignored, type KeyRow, refused, text } from "../row.ts";

const hasGpu = (value: unknown) => Array.isArray(value) && value.includes("gpu");
const otherConstraint = (value: unknown) =>
  Array.isArray(value) && value.some((one) => /^\s*(node\.(role|platform|ip)|engine\.)/.test(String(one)));
const reserves = "It is the limit, and without a reservation the scheduler reserves as much on the node.";

export const deployRows: readonly KeyRow[] = below("services.*", [
  honoured("scale"),
  honoured("deploy"),
  ...below("deploy", [
    honoured("replicas"),
    butFor(
      honoured("mode", "replicated-job is a job: it runs as many tasks as it has replicas, all at once."),
      "global-job",
      text(/^global-job$/),
      refused("", "A job runs a number of tasks, and not one on each node.", "Write replicated-job, and replicas."),
    ),
    ignored(
      "endpoint_mode",
      "A service has no common address yet, and no name.",
      "podling service endpoints NAME lists addresses.",
    ),
    ignored("labels", "A service has no labels of its own.", "Write labels of the service, which its containers get."),
    ...below("update_config", [
      ...alike(honoured, "parallelism delay monitor order failure_action", ""),
      changed(
        "max_failure_ratio",
        "Podling counts failed replicas, and not their ratio: it becomes a number of replicas.",
        "",
      ),
    ]),
    honoured("update_config"),
    ...alike(
      ignored,
      [
        "rollback_config",
        ...["parallelism", "delay", "failure_action", "monitor", "max_failure_ratio", "order"].map(
          (key) => `rollback_config.${key}`,
        ),
      ].join(" "),
      "The way back of a failed update follows update_config, and is not rolled back again.",
      "",
    ),
    ...alike(honoured, "resources resources.limits resources.limits.pids", ""),
    changed("resources.limits.cpus", reserves, "Write reservations.cpus to reserve less."),
    changed(
      "resources.limits.memory",
      `${reserves} There is no swap beyond it.`,
      "Write reservations.memory to reserve less.",
    ),
    ...below("resources.reservations", [
      ...alike(honoured, "cpus memory", ""),
      ...alike(
        refused,
        `generic_resources ${["", ".kind", ".value"].map((key) => `generic_resources[].discrete_resource_spec${key}`).join(" ")}`,
        "Nodes count cpu, memory and tasks, and no other resources: the service would run where there is none of it.",
        "Label the nodes that have it, and write a constraint.",
      ),
      butFor(
        honoured("devices"),
        "a list of several",
        (value) => Array.isArray(value) && value.length > 1,
        refused("", "A container has one request for devices.", "Write one item with count or device_ids."),
      ),
      butFor(
        honoured("devices[].capabilities"),
        "without gpu",
        (value) => !hasGpu(value),
        refused("", "Only graphics cards can be asked for.", "Name other devices under devices of the service."),
      ),
      ...below("devices[]", alike(honoured, "count device_ids driver options", "")),
    ]),
    honoured("resources.reservations"),
    honoured("restart_policy"),
    ...alike(honoured, "restart_policy.condition restart_policy.max_attempts", ""),
    changed("restart_policy.delay", "It is the first pause; each further one is twice as long, up to 5 minutes.", ""),
    changed("restart_policy.window", "A run of at least this length resets the count of attempts and the pause.", ""),
    honoured("placement"),
    butFor(
      honoured("placement.constraints", "On node.labels.KEY, node.hostname and node.id, with == and !=."),
      "node.role, node.platform, node.ip, engine.labels",
      otherConstraint,
      refused(
        "",
        "Nodes have names and labels, and no other properties to compare.",
        "Label the nodes, and compare node.labels.KEY.",
      ),
    ),
    ...alike(honoured, "placement.preferences placement.preferences[].spread placement.max_replicas_per_node", ""),
  ]),
]);
