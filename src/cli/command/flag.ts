// What a flag is, as data, and the flags that every command takes.

export interface Flag {
  long: string;
  short?: string;
  /** Other long names that are accepted; help does not show them. */
  aliases?: readonly string[];
  /** The placeholder for its value in help. Undefined for a switch. */
  value?: string;
  description: string;
  repeatable?: boolean;
  /** Shown in help, and used if the flag is not given. */
  default?: string;
  /** The only values that it accepts. */
  choices?: readonly string[];
  /** The environment variable that is read if the flag is not given. */
  env?: string;
  completes?: Completes;
}

/** What completion offers for a word. */
export type Completes =
  | "tasks"
  | "nodes"
  | "images"
  | "contexts"
  | "volumes"
  | "configs"
  | "secrets"
  | "services"
  | "apps"
  | "jobs"
  | "schedules"
  | "files"
  | "folders"
  | "commands"
  | readonly string[];

export const outputFormats = ["table", "wide", "json", "name"] as const;
export type OutputFormat = (typeof outputFormats)[number];

export const globalFlags: readonly Flag[] = [
  {
    long: "master",
    value: "URL",
    description: "address of the master",
    default: "http://localhost:8080",
    env: "PODLING_MASTER_URL",
  },
  { long: "token", value: "TOKEN", description: "access token, if the master requires one", env: "PODLING_TOKEN" },
  {
    long: "token-file",
    value: "FILE",
    description: "file with the access token; arguments are visible to all users of a machine, files are not",
    env: "PODLING_TOKEN_FILE",
    completes: "files",
  },
  {
    long: "context",
    value: "NAME",
    description: "master and token of this context; by default of the one that podling context use has chosen",
    env: "PODLING_CONTEXT",
    completes: "contexts",
  },
  {
    long: "output",
    short: "o",
    value: "FORMAT",
    description: "output format: table, wide, json or name; each command's help lists its own",
    choices: outputFormats,
  },
  { long: "no-color", description: "no colours; a pipe never has colours", env: "NO_COLOR" },
  {
    long: "verbose",
    short: "v",
    description: "show HTTP requests and their duration on stderr; if the command has its own -v, write -v before it",
  },
  { long: "help", short: "h", description: "show the help of the command" },
];
