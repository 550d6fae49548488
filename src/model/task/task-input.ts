// The input for a task: parses every short form that Docker users expect.

import { z } from "zod";
import { isObject } from "../../lib/is-object.ts";
import {
  absolutePath,
  choice,
  cpu,
  env,
  flag,
  freeText,
  image,
  integer,
  labelKeyField,
  labels,
  list,
  memory,
  name,
  publishAddress,
  requestCpu,
  requestMemory,
  text,
} from "../fields.ts";
import { limits } from "../limits.ts";
import { contentReference } from "./content-reference.ts";
import { containerOptions, mountOptions } from "./options.ts";
import { placementInput } from "./placement-input.ts";
import { probeInputs } from "./probes.ts";
import { parseRestartPolicy, restartPolicyPattern } from "./restart-policy.ts";
import { dependencies } from "./schema.ts";
import { type Constraint, containerDefaults } from "./spec.ts";

export const port = z.strictObject({
  name: text(/^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/, 63, "a name of letters, digits, '-', '_' and '.'").optional(),
  hostPort: integer(0, 65_535)
    .nullable()
    .default(null)
    .transform((value) => value || null)
    .describe("The port on the node; 0, null or left out: a free one is chosen."),
  containerPort: integer(1, 65_535),
  protocol: choice(["tcp", "udp", "sctp"]).default("tcp"),
  hostIp: publishAddress
    .default("127.0.0.1")
    .describe("The address of the node on which it is published; `node`: the one that other machines use."),
});

function amount<T extends z.ZodType<number>>(quantity: T, expected: string) {
  return z
    .union(
      [
        z.strictObject({ request: quantity.optional(), limit: quantity.nullable().optional() }),
        quantity.transform((value) => ({ request: value, limit: value as number | null })),
      ],
      { error: expected },
    )
    .transform(({ request, limit }) => ({ request: request ?? limit ?? 0, limit: limit || null }));
}

/** The form of Kubernetes. */
const amounts = z.strictObject({
  cpu: requestCpu.optional().describe('A number counts thousandths of a core; "500m" and "0.5" are half a core.'),
  memory: requestMemory
    .optional()
    .describe('Bytes, or an amount: "512M" is 512,000,000, "512Mi" is 512 * 1024 * 1024.'),
});

const resources = z
  .strictObject({
    cpu: amount(cpu, 'cores such as 0.5 or "500m", or {"request", "limit"}').optional(),
    memory: amount(memory, 'memory such as "512Mi" or bytes, or {"request", "limit"}').optional(),
    requests: amounts.optional().describe("What the scheduler reserves, in the form of Kubernetes."),
    limits: amounts.optional().describe("What the engine enforces, in the form of Kubernetes."),
  })
  .transform(({ cpu, memory, requests, limits }, context) => {
    if (!requests && !limits) {
      return {
        cpu: cpu ?? containerDefaults.resources.cpu,
        memory: memory ?? containerDefaults.resources.memory,
      };
    }
    if (cpu || memory) {
      context.addIssue({ code: "custom", message: "either cpu and memory, or requests and limits" });
      return z.NEVER;
    }
    const both = (kind: "cpu" | "memory") => {
      const [request, limit] = [requests?.[kind] ?? 0, limits?.[kind] ?? 0];
      return { request: request || limit, limit: limit || null };
    };
    return { cpu: both("cpu"), memory: both("memory") };
  });

const mount = z.strictObject({
  type: choice(["volume", "bind", "tmpfs", "shared"]),
  source: freeText(limits.pathLength, "a name, or an absolute path on the node").default(""),
  target: absolutePath,
  readOnly: flag.default(false),
  sizeBytes: memory.nullable().default(null),
  options: mountOptions.optional(),
});

const restartObject = z.strictObject({
  mode: choice(["never", "on-failure", "always"]),
  maxRestarts: integer(0, 1_000_000).nullable().default(null),
  backoffInitialMs: integer(10, 3_600_000).default(limits.restartBackoffInitialMs),
  backoffMaxMs: integer(10, 86_400_000).default(limits.restartBackoffMaxMs),
  resetAfterMs: integer(10, 86_400_000).default(limits.restartResetMs),
});

const restartExpected = 'never, on-failure, on-failure:N, always, or {"mode", "maxRestarts", ...}';
const restartPolicy = z.union([restartObject, z.string().regex(restartPolicyPattern).transform(parseRestartPolicy)], {
  error: restartExpected,
});

const constraintObject = z.union([
  z.strictObject({
    type: z.literal("label"),
    key: labelKeyField,
    operator: z.enum(["equals", "not-equals"]),
    value: freeText(limits.labelValueLength),
  }),
  z.strictObject({ type: z.literal("label"), key: labelKeyField, operator: z.literal("exists") }),
  z.strictObject({ type: z.literal("node"), operator: z.enum(["equals", "not-equals"]), value: freeText(253) }),
]);

const constraintExpected =
  "node==NAME, node!=NAME, label==VALUE, label!=VALUE, a bare label that must exist, or the object that these stand for";
const constraint = z.union(
  [
    constraintObject,
    z.string().transform((value, context): Constraint => {
      const parsed = constraintObject.safeParse(parseConstraint(value));
      if (parsed.success) return parsed.data;
      context.addIssue({ code: "custom", message: constraintExpected });
      return z.NEVER;
    }),
  ],
  { error: constraintExpected },
);

/** "disk==ssd", "disk!=ssd", "disk", "node==n1"; also in Swarm's words: "node.labels.disk==ssd", "node.hostname==n1". */
export function parseConstraint(text: string): Constraint | undefined {
  if (text.length > limits.labelKeyLength + limits.labelValueLength + 32) return undefined;
  const [, sign] = /(==|!=)/.exec(text) ?? [];
  const at = sign === undefined ? text.length : text.indexOf(sign);
  const subject = text.slice(0, at).trim();
  const operator = sign === "!=" ? "not-equals" : "equals";
  const value = text.slice(at + 2).trim();
  if (!/^[a-zA-Z0-9][a-zA-Z0-9._/-]*$/.test(subject) || (sign !== undefined && value === "")) return undefined;
  if (/^node(\.(hostname|name|id))?$/.test(subject)) {
    return sign === undefined ? undefined : { type: "node", operator, value };
  }
  const key = subject.replace(/^node\.labels\./, "");
  return sign === undefined ? { type: "label", key, operator: "exists" } : { type: "label", key, operator, value };
}

const argument = freeText(limits.argumentLength);

/** A string stands for a list of one: {"command": "sh"}. */
const words = z.union([list(argument, limits.argumentCount), argument.transform((word) => [word])], {
  error: "a list of strings",
});

/** A field that is left out gets the default of spec.ts, which all such tasks share; OpenAPI states it. */
function optional<T extends z.ZodType>(schema: T, byDefault: unknown, description?: string) {
  return schema.optional().meta({ default: byDefault, ...(description ? { description } : {}) });
}

function contents(description: string) {
  return list(contentReference, limits.contentCount)
    .transform((references) => (references.length > 0 ? references : undefined))
    .optional()
    .describe(description);
}

/** A task as the documents show it. */
const taskExample = {
  name: "web",
  image: "nginx:1.27",
  ports: [{ containerPort: 80, hostPort: 8080 }],
  env: { MODE: "live" },
  resources: { cpu: "500m", memory: "256Mi" },
  restartPolicy: "always",
};

/** The fields of a container, in the order in which requests are fingerprinted. */
const containerFields = {
  image,
  command: words.optional().describe("Replaces the image's entrypoint; an empty list: no entrypoint."),
  args: words.optional().describe("Replaces the image's arguments; an empty list: no arguments."),
  env: optional(env, {}),
  ports: optional(list(port, limits.portCount), []),
  resources: optional(resources, {}, "One amount sets both request (what is set aside) and limit (what is enforced)."),
  mounts: optional(list(mount, limits.mountCount), []),
  user: optional(freeText(256, "a user, as name, uid or uid:gid").nullable(), null),
  workingDir: optional(absolutePath.nullable(), null),
  pullPolicy: optional(choice(["missing", "always", "never"]), "missing"),
  ...containerOptions(memory),
  ...probeInputs,
  configs: contents("Configs that the container gets, as files or variables."),
  secrets: contents("Secrets that the container gets, as files in memory or as variables."),
};

const dependsOnExpected =
  'names of containers, or an object such as {"db": "healthy"} with started, healthy or completed';
const dependsOn = z.union(
  [
    list(name, limits.containerCount).transform((names) =>
      Object.fromEntries(names.map((one): [string, (typeof dependencies)[number]] => [one, "started"])),
    ),
    z.record(name, choice(dependencies)),
  ],
  { error: dependsOnExpected },
);

/** In a task of several, the network belongs to the task. */
const { network: _, ...ownFields } = containerFields;
const ofSeveral = { name: name.describe("Unique within the task."), ...ownFields };

const containerInput = z.strictObject(
  {
    ...ofSeveral,
    sidecar: flag
      .optional()
      .describe(
        "True: it helps the other containers. It does not keep the task running, and it is stopped after them.",
      ),
    dependsOn: dependsOn
      .optional()
      .describe(
        "Containers that come first: a list of names (started), or an object of names with started, healthy or completed.",
      ),
    restartPolicy: restartPolicy.optional().describe("In the place of the restart policy of the task."),
  },
  { error: "a container: an object with at least name and image" },
);
export type ParsedContainerInput = z.output<typeof containerInput>;

const { ports: __, ...ofInit } = ofSeveral;
const initContainerInput = z.strictObject(ofInit, {
  error: "an init container: an object with at least name and image",
});
export type ParsedInitInput = z.output<typeof initContainerInput>;

const {
  image: imageField,
  command,
  args,
  env: envField,
  ports,
  resources: resourcesField,
  mounts,
  ...lastFields
} = containerFields;
const { user, workingDir, pullPolicy, ...options } = lastFields;

export const taskInput = z
  .strictObject(
    {
      name,
      image: imageField.optional().describe("Required, unless the task has `containers`."),
      ...{ command, args, env: envField },
      labels: optional(labels, {}),
      ...{ ports, resources: resourcesField, mounts },
      restartPolicy: optional(restartPolicy, "never"),
      constraints: optional(list(constraint, limits.constraintCount), []),
      placement: placementInput.optional().describe("Where it is best placed, beside its constraints."),
      priority: integer(-limits.priority, limits.priority)
        .transform((value) => (value === 0 ? undefined : value))
        .optional()
        .describe(
          "Tasks with a higher one are placed first, and may take the place of those with a lower one; 0 if left out.",
        ),
      stopGraceSeconds: optional(integer(0, limits.stopGraceSecondsMax), limits.stopGraceSecondsDefault),
      ...{ user, workingDir, pullPolicy },
      platform: optional(
        text(
          /^[a-z0-9]+\/[a-z0-9_]+(\/[a-z0-9._]+)?$/,
          64,
          "os/architecture, or os/architecture/variant, such as linux/amd64 or linux/arm/v7",
        ).nullable(),
        null,
      ),
      ...options,
      containers: list(containerInput, limits.containerCount)
        .optional()
        .describe(
          "Several containers that share one network, in the place of image and the other fields of one container.",
        ),
      initContainers: list(initContainerInput, limits.containerCount)
        .optional()
        .describe("Run to their end, one after the other, before the others start."),
    },
    { error: "an object with at least name and image" },
  )
  .refine(({ image, containers }) => image !== undefined || containers !== undefined, {
    path: ["image"],
    error: "an image reference such as nginx or nginx:1.27, or containers with an image each",
    when: ({ value }) => isObject(value),
  })
  .meta({
    description: "A task to run: one container, or several that share one network. Only name and image are required.",
    examples: [taskExample],
  });

/** Validated and normalised; what was left out is still left out. */
export type ParsedTaskInput = z.output<typeof taskInput>;
