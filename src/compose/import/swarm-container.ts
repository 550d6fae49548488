// The template of a task of a swarm as keys of a compose service, but those for mounts, configs and secrets.

import { given, some } from "../export/values.ts";
import type { Part } from "./part.ts";

export function containerOf(template: Part, note: (sentence: string) => void): Record<string, unknown> {
  const spec = template.at("ContainerSpec");
  const log = template.at("LogDriver");
  const privileges = spec.at("Privileges");
  for (const key of ["CredentialSpec", "SELinuxContext"])
    if (privileges.at(key).value) note(`${key} of its privileges is left out.`);
  const texts = [...(spec.at("Env").texts ?? []), spec.at("Hostname").text ?? ""];
  if (texts.some((text) => text.includes("{{"))) note("templates such as {{.Node.Hostname}} are not filled in.");
  return {
    image: imageOf(spec.at("Image").text),
    entrypoint: spec.at("Command").texts,
    command: spec.at("Args").texts,
    environment: environmentOf(spec.at("Env")),
    labels: labelsOf(spec.at("Labels")),
    hostname: spec.at("Hostname").text,
    user: spec.at("User").text,
    working_dir: spec.at("Dir").text,
    group_add: spec.at("Groups").texts,
    tty: spec.at("TTY").flag,
    stdin_open: spec.at("OpenStdin").flag,
    read_only: spec.at("ReadOnly").flag,
    init: spec.at("Init").flag,
    stop_signal: spec.at("StopSignal").text,
    stop_grace_period: spec.at("StopGracePeriod").duration,
    healthcheck: healthOf(spec.at("Healthcheck")),
    extra_hosts: some(spec.at("Hosts").items().flatMap(hostOf)),
    dns: spec.at("DNSConfig", "Nameservers").texts,
    dns_search: spec.at("DNSConfig", "Search").texts,
    dns_opt: spec.at("DNSConfig", "Options").texts,
    sysctls: spec.at("Sysctls").record,
    cap_add: spec.at("CapabilityAdd").texts,
    cap_drop: spec.at("CapabilityDrop").texts,
    ulimits: ulimitsOf(spec.at("Ulimits")),
    logging: given({ driver: log.at("Name").text, options: log.at("Options").record }),
  };
}

/** Swarm notes the digest of a tag. Podling looks for it itself, and notices later whether the tag has moved. */
function imageOf(image: string | undefined): string | undefined {
  return image?.replace(/^(.+:[^:/@]+)@sha256:[a-f0-9]{64}$/, "$1");
}

function environmentOf(env: Part): Record<string, string> | undefined {
  const pairs = (env.texts ?? []).map((text): [string, string] => {
    const [name = "", value = ""] = text.split(/=(.*)/s, 2);
    return [name, value];
  });
  return pairs.length === 0 ? undefined : Object.fromEntries(pairs);
}

/** Without those that docker adds. */
function labelsOf(labels: Part): Record<string, string> | undefined {
  const own = Object.entries(labels.record ?? {}).filter(([key]) => !key.startsWith("com.docker.stack."));
  return own.length === 0 ? undefined : Object.fromEntries(own);
}

function healthOf(health: Part): Record<string, unknown> | undefined {
  const test = health.at("Test").texts;
  if (test?.[0] === "NONE") return { disable: true };
  const time = (key: string) => (health.at(key).number ? health.at(key).duration : undefined);
  const found = given({
    test,
    interval: time("Interval"),
    timeout: time("Timeout"),
    start_period: time("StartPeriod"),
    retries: health.at("Retries").number || undefined,
  });
  // Left out, it would be that of compose files.
  return found && { start_period: "0s", ...found };
}

/** "10.0.0.1 a b" */
function hostOf({ text = "" }: Part): string[] {
  const [address = "", ...hosts] = text.trim().split(/\s+/);
  return hosts.map((host) => `${host}=${address}`);
}

function ulimitsOf(ulimits: Part): Record<string, unknown> | undefined {
  const entries = ulimits.items().map((one): [string, unknown] => {
    const [soft, hard] = [one.at("Soft").number, one.at("Hard").number];
    return [one.at("Name").text ?? "", { soft, hard }];
  });
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}
