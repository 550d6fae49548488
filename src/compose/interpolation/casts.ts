// Which keys hold numbers and truth values. A variable gives text, so that `replicas: ${N}` is converted after it is replaced.

import { pathTable } from "../tree/path-table.ts";
import type { ScalarValue } from "../tree/tree.ts";

export interface Cast {
  /** Undefined if the text is no such value. */
  convert(text: string): ScalarValue | undefined;
  /** "expected a whole number" */
  expected: string;
}

const whole: Cast = {
  convert: (text) => (/^[-+]?[0-9]+$/.test(text) ? Number(text) : undefined),
  expected: "a whole number",
};

const decimal: Cast = {
  convert: (text) => (text.trim() !== "" && Number.isFinite(Number(text)) ? Number(text) : undefined),
  expected: "a number",
};

const truths: Readonly<Record<string, boolean>> = {
  ...{ true: true, y: true, yes: true, on: true },
  ...{ false: false, n: false, no: false, off: false },
};

const truth: Cast = {
  convert: (text) => (Object.hasOwn(truths, text.toLowerCase()) ? truths[text.toLowerCase()]! : undefined),
  expected: "true or false",
};

const paths: [cast: Cast, within: string, keys: string][] = [
  [
    whole,
    "services.*.",
    "cpu_count cpu_period cpu_quota cpu_rt_period cpu_rt_runtime cpu_shares oom_score_adj pids_limit scale",
  ],
  [whole, "services.*.", "deploy.replicas deploy.update_config.parallelism deploy.rollback_config.parallelism"],
  [
    whole,
    "services.*.",
    "deploy.restart_policy.max_attempts deploy.placement.max_replicas_per_node healthcheck.retries",
  ],
  [whole, "services.*.", "ports.*.target ulimits.* ulimits.*.hard ulimits.*.soft"],
  [
    decimal,
    "services.*.",
    "cpus cpu_percent deploy.update_config.max_failure_ratio deploy.rollback_config.max_failure_ratio",
  ],
  [truth, "services.*.", "init oom_kill_disable privileged read_only stdin_open tty healthcheck.disable"],
  [truth, "services.*.", "depends_on.*.required depends_on.*.restart volumes.*.read_only volumes.*.volume.nocopy"],
  [truth, "networks.*.", "external internal attachable enable_ipv4 enable_ipv6"],
  [truth, "volumes.*.", "external"],
  [truth, "secrets.*.", "external"],
  [truth, "configs.*.", "external"],
];

export const casts = pathTable(
  paths.flatMap(([cast, within, keys]) => keys.split(" ").map((key) => [`${within}${key}`, cast] as const)),
);
