// The services of a Swarm manager as a compose file. Its answers are not checked: what is missing in them is left out.

import { given, some } from "../export/values.ts";
import { Part } from "./part.ts";
import { containerOf } from "./swarm-container.ts";

/** Answers of GET /services, /configs, /networks and /nodes. */
export interface SwarmAnswers {
  services: unknown;
  configs: unknown;
  networks: unknown;
  nodes: unknown;
}

export interface Imported {
  document: Record<string, unknown>;
  /** Sentences: what is not in the document, and what to do. */
  notes: readonly string[];
  /** Those that the document takes the contents of secrets from. */
  variables: readonly string[];
  /** How many services it has. */
  services: number;
}

const stackLabel = "com.docker.stack.namespace";

/** `stack`: only its services. Without it all of them, in an app named `app`. */
export function fromSwarm(answers: SwarmAnswers, { stack, app }: { stack: string | null; app: string }): Imported {
  const importer = new Importer(answers, stack);
  for (const service of new Part(answers.services).items()) importer.service(service);
  importer.nodes(new Part(answers.nodes));
  const { services, volumes, configs, secrets, notes, variables } = importer;
  const sections = { services, volumes: given(volumes), configs: given(configs), secrets: given(secrets) };
  const document = given({ name: stack ?? app, ...sections })!;
  return { document, notes, variables, services: Object.keys(services).length };
}

class Importer {
  readonly services: Record<string, unknown> = {};
  readonly volumes: Record<string, unknown> = {};
  readonly configs: Record<string, unknown> = {};
  readonly secrets: Record<string, unknown> = {};
  readonly notes: string[] = [];
  readonly variables: string[] = [];
  readonly #stack: string | null;
  readonly #contents = new Map<string, Part>();
  readonly #networks = new Map<string, string>();

  constructor(answers: SwarmAnswers, stack: string | null) {
    this.#stack = stack;
    for (const config of new Part(answers.configs).items())
      this.#contents.set(config.at("ID").text ?? "", config.at("Spec"));
    for (const network of new Part(answers.networks).items())
      this.#networks.set(network.at("Id").text ?? "", network.at("Name").text ?? "");
  }

  service(service: Part): void {
    const spec = service.at("Spec");
    const stack = spec.at("Labels", stackLabel).text;
    if (this.#stack !== null && stack !== this.#stack) return;
    const name = spec.at("Name").text;
    if (name === undefined) return;
    const template = spec.at("TaskTemplate");
    const container = template.at("ContainerSpec");
    const key = this.#own(name, stack);
    const mounts = container
      .at("Mounts")
      .items()
      .map((mount) => this.#mount(mount, stack));
    this.services[key] = given({
      ...containerOf(template, (sentence) => this.notes.push(`${key}: ${sentence}`)),
      ports: some(spec.at("EndpointSpec", "Ports").items().map(portOf)),
      volumes: some(mounts),
      configs: some(
        container
          .at("Configs")
          .items()
          .map((one) => this.#config(one)),
      ),
      secrets: some(
        container
          .at("Secrets")
          .items()
          .map((one) => this.#secret(one)),
      ),
      deploy: deployOf(spec, template),
    });
    const names = template
      .at("Networks")
      .items()
      .map((one) => this.#networks.get(one.at("Target").text ?? "") ?? "");
    const shown = names.filter((one) => one !== "");
    if (shown.length > 0) this.notes.push(`${key}: it is in the networks ${shown.join(", ")}, which are left out.`);
  }

  /** "shop_web" of the stack shop as "web". */
  #own(name: string, stack: string | undefined): string {
    return stack !== undefined && name.startsWith(`${stack}_`) ? name.slice(stack.length + 1) : name;
  }

  #mount(mount: Part, stack: string | undefined): Record<string, unknown> {
    const [type, source] = [mount.at("Type").text ?? "volume", mount.at("Source").text];
    const volume = mount.at("VolumeOptions");
    const isNamed = type === "volume" && source !== undefined;
    const key = isNamed ? this.#own(source, stack) : source;
    if (isNamed) {
      const [driver, options] = [volume.at("DriverConfig", "Name").text, volume.at("DriverConfig", "Options").record];
      this.volumes[key!] = given({ name: source, driver, driver_opts: options }) ?? {};
      if (driver === undefined && options === undefined)
        this.notes.push(
          `volume ${source}: its data stays on the nodes of the swarm. Say where it is: x-podling: {node: NODE}.`,
        );
    }
    return given({
      ...{ type, source: key, target: mount.at("Target").text, read_only: mount.at("ReadOnly").flag },
      bind: type === "bind" ? given({ propagation: mount.at("BindOptions", "Propagation").text }) : undefined,
      volume: given({ nocopy: volume.at("NoCopy").flag }),
      tmpfs: given({
        size: mount.at("TmpfsOptions", "SizeBytes").number,
        mode: mount.at("TmpfsOptions", "Mode").number,
      }),
    })!;
  }

  #config(reference: Part): Record<string, unknown> {
    const name = reference.at("ConfigName").text ?? "";
    const data = this.#contents.get(reference.at("ConfigID").text ?? "")?.at("Data").text;
    const content = data === undefined ? null : textOf(data);
    if (content !== null) this.configs[name] = { name, content };
    else {
      this.configs[name] = { name, file: `./${name}` };
      this.notes.push(`config ${name}: it is no text. Write it into ./${name}: docker config inspect ${name}.`);
    }
    return fileOf(name, reference);
  }

  /** A swarm shows no secret. */
  #secret(reference: Part): Record<string, unknown> {
    const name = reference.at("SecretName").text ?? "";
    const variable = name
      .toUpperCase()
      .replace(/[^A-Z0-9]/g, "_")
      .replace(/^(?=\d)/, "_");
    this.secrets[name] = { name, environment: variable };
    const sentence = `secret ${name}: a swarm does not show its content. Set the variable ${variable} to it.`;
    if (!this.variables.includes(variable)) {
      this.variables.push(variable);
      this.notes.push(sentence);
    }
    return fileOf(name, reference);
  }

  /** Labels of nodes, which constraints may compare. */
  nodes(nodes: Part): void {
    for (const node of nodes.items()) {
      const labels = Object.entries(node.at("Spec", "Labels").record ?? {});
      const host = node.at("Description", "Hostname").text;
      if (host === undefined || labels.length === 0) continue;
      this.notes.push(
        `node ${host}: podling node label ${host} ${labels.map(([key, value]) => `${key}=${value}`).join(" ")}`,
      );
    }
  }
}

function fileOf(source: string, reference: Part): Record<string, unknown> {
  const file = reference.at("File");
  const mode = file.at("Mode").number;
  const id = (key: string) => (file.at(key).text === "0" ? undefined : file.at(key).text);
  return given({
    ...{ source, target: file.at("Name").text, uid: id("UID"), gid: id("GID") },
    mode: mode === undefined ? undefined : mode & 0o7777,
  })!;
}

function textOf(data: string): string | null {
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(Buffer.from(data, "base64"));
    return text.includes("\0") ? null : text;
  } catch {
    return null;
  }
}

function portOf(port: Part): Record<string, unknown> {
  const published = port.at("PublishedPort").number;
  return given({
    target: port.at("TargetPort").number,
    published: published === undefined ? undefined : String(published),
    protocol: port.at("Protocol").text,
    mode: port.at("PublishMode").text,
  })!;
}

function deployOf(spec: Part, template: Part): Record<string, unknown> | undefined {
  const mode = spec.at("Mode");
  const job = mode.at("ReplicatedJob");
  const names = { Replicated: undefined, Global: "global", ReplicatedJob: "replicated-job", GlobalJob: "global-job" };
  const [, name] = Object.entries(names).find(([key]) => mode.at(key).value !== undefined) ?? [];
  const { placement, resources } = { placement: template.at("Placement"), resources: template.at("Resources") };
  return given({
    mode: name,
    replicas: mode.at("Replicated", "Replicas").number ?? job.at("TotalCompletions").number,
    update_config: updateOf(spec.at("UpdateConfig")),
    rollback_config: updateOf(spec.at("RollbackConfig")),
    endpoint_mode: spec.at("EndpointSpec", "Mode").text === "dnsrr" ? "dnsrr" : undefined,
    resources: given({ limits: amounts(resources.at("Limits")), reservations: amounts(resources.at("Reservations")) }),
    restart_policy: restartOf(template.at("RestartPolicy")),
    placement: given({
      constraints: placement.at("Constraints").texts,
      preferences: some(
        placement
          .at("Preferences")
          .items()
          .map((one) => ({ spread: one.at("Spread", "SpreadDescriptor").text })),
      ),
      max_replicas_per_node: placement.at("MaxReplicas").number || undefined,
    }),
  });
}

/** Swarm's default is to start a task again, whatever its end; compose's is not to. */
function restartOf(policy: Part): Record<string, unknown> {
  return {
    condition: policy.at("Condition").text ?? "any",
    ...given({
      delay: policy.at("Delay").duration,
      max_attempts: policy.at("MaxAttempts").number || undefined,
      window: policy.at("Window").number ? policy.at("Window").duration : undefined,
    }),
  };
}

function updateOf(update: Part): Record<string, unknown> | undefined {
  return given({
    parallelism: update.at("Parallelism").number,
    delay: update.at("Delay").duration,
    failure_action: update.at("FailureAction").text,
    monitor: update.at("Monitor").number ? update.at("Monitor").duration : undefined,
    max_failure_ratio: update.at("MaxFailureRatio").number || undefined,
    order: update.at("Order").text,
  });
}

function amounts(resources: Part): Record<string, unknown> | undefined {
  const [cpus, memory] = [resources.at("NanoCPUs").number, resources.at("MemoryBytes").number];
  return given({
    cpus: cpus ? String(cpus / 1e9) : undefined,
    memory: memory ? String(memory) : undefined,
    pids: resources.at("Pids").number || undefined,
  });
}
