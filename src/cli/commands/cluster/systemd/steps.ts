// What `podling systemd` does to a machine, as data: the commands decide a list of steps, --dry-run prints it, and Machine
// carries it out.

import type { Role } from "./settings.ts";

export type Step =
  /** A system user without a password, in a group of the same name. Skipped if it exists. */
  | { kind: "user"; name: string; home: string }
  | { kind: "folder"; path: string; mode: number }
  /** Replaces the file as a whole. */
  | { kind: "file"; path: string; mode: number; text: string }
  | { kind: "remove"; path: string }
  | { kind: "systemctl"; words: readonly string[] };

/** The step as a line of a shell, which does the same. The content of a file is not in it: it may have the token. */
export function asShell(step: Step): string {
  switch (step.kind) {
    case "user":
      return `useradd --system --user-group --home-dir ${step.home} --no-create-home --shell /usr/sbin/nologin ${step.name}`;
    case "folder":
      return `install -d -m ${octal(step.mode)} ${step.path}`;
    case "file":
      return `install -m ${octal(step.mode)} /dev/stdin ${step.path}`;
    case "remove":
      return `rm -rf ${step.path}`;
    case "systemctl":
      return `systemctl ${step.words.join(" ")}`;
  }
}

const octal = (mode: number) => mode.toString(8).padStart(3, "0");

/** Paths and names that the units, the documents and the steps have in common. */
export const places = {
  user: "podling",
  home: "/var/lib/podling",
  settings: "/etc/podling",
  env: (role: Role) => `/etc/podling/${role}.env`,
  unit: (role: Role) => `/etc/systemd/system/podling-${role}.service`,
  data: (role: Role) => `/var/lib/podling/${role}`,
  /** The master's key of secrets lies apart from its data. */
  key: "/var/lib/podling/key",
  program: "/usr/local/bin/podling",
} as const;
