// Decides the steps that install or remove a service. A function of what was asked and what the machine has.

import masterUnit from "../../../../../packaging/systemd/podling-master.service" with { type: "text" };
import workerUnit from "../../../../../packaging/systemd/podling-worker.service" with { type: "text" };
import { parseSettings, type Role, withSettings } from "./settings.ts";
import { places, type Step } from "./steps.ts";

const units: Record<Role, string> = { master: masterUnit, worker: workerUnit };

export interface Installation {
  role: Role;
  /** The path of this executable. */
  program: string;
  /** The flags of the role, joined; null: those of the file stay. */
  flags: string | null;
  /** Null: that of the file stays. */
  token: string | null;
  /** For a worker. Null: that of the file stays. */
  masterUrl: string | null;
  /** Whether the service is started, and started again if it runs. */
  start: boolean;
}

/** What is on the machine. */
export interface Found {
  /** The text of the settings; null if there is no file. */
  env: string | null;
  /** True when systemd is the init system that runs. */
  isBooted: boolean;
}

const header = (role: Role) =>
  `# Settings of podling-${role}.service. After a change: systemctl restart podling-${role}\n`;

export function installSteps({ role, program, flags, token, masterUrl, start }: Installation, found: Found): Step[] {
  const changes = new Map<string, string>();
  const present = parseSettings(found.env ?? "");
  const keep = (name: string, value: string | null, otherwise: string | null) => {
    const text = value ?? (present.has(name) ? null : otherwise);
    if (text !== null) changes.set(name, text);
  };
  keep("PODLING_TOKEN", token, null);
  if (role === "worker") keep("PODLING_MASTER_URL", masterUrl, null);
  keep(`PODLING_${role.toUpperCase()}_FLAGS`, flags, "");
  const unit = units[role].replaceAll(places.program, program);
  return [
    { kind: "user", name: places.user, home: places.home },
    { kind: "folder", path: places.settings, mode: 0o700 },
    { kind: "file", path: places.env(role), mode: 0o600, text: withSettings(found.env ?? header(role), changes) },
    { kind: "file", path: places.unit(role), mode: 0o644, text: unit },
    ...reloads(found),
    { kind: "systemctl", words: ["enable", `podling-${role}`] },
    ...(start && found.isBooted ? [{ kind: "systemctl" as const, words: ["restart", `podling-${role}`] }] : []),
  ];
}

/** `purge`: also the settings and the data, with the key of secrets. The user stays, because files may belong to it. */
export function uninstallSteps(role: Role, purge: boolean, found: Found): Step[] {
  const stop = found.isBooted ? ["disable", "--now"] : ["disable"];
  return [
    { kind: "systemctl", words: [...stop, `podling-${role}`] },
    { kind: "remove", path: places.unit(role) },
    ...reloads(found),
    ...(purge
      ? [
          { kind: "remove" as const, path: places.env(role) },
          { kind: "remove" as const, path: places.data(role) },
          ...(role === "master" ? [{ kind: "remove" as const, path: places.key }] : []),
        ]
      : []),
  ];
}

function reloads({ isBooted }: Found): Step[] {
  return isBooted ? [{ kind: "systemctl", words: ["daemon-reload"] }] : [];
}
