// When a container starts again, and how its health is checked.

import { parseRestartPolicy, restartPolicyPattern } from "../../model/task/restart-policy.ts";
import type { Context } from "./context.ts";
import type { Draft } from "./draft.ts";
import type { Problems } from "./problems.ts";
import type { Source } from "./source.ts";

const conditions: Readonly<Record<string, string>> = { none: "never", "on-failure": "on-failure", any: "always" };

/** As in compose: deploy.restart_policy goes before restart, and without both a program that ends is not started again. */
export function addRestart(draft: Draft, service: Source, problems: Problems): void {
  const restart = service.at("restart");
  const policy = service.at("deploy", "restart_policy");
  if (policy.isGiven) {
    addPolicy(draft, policy, problems);
    return;
  }
  const text = restart.text ?? "no";
  if (!restartPolicyPattern.test(text)) {
    problems.error(
      restart.path,
      `${JSON.stringify(text)} is no restart policy`,
      "Write no, on-failure, on-failure:N or always.",
    );
    return;
  }
  // As an object: a short text and the object that it stands for are the same.
  const { mode, maxRestarts } = parseRestartPolicy(text);
  draft.set(
    "restartPolicy",
    maxRestarts === null ? mode : `${mode}:${maxRestarts}`,
    restart.isGiven ? restart : service,
  );
}

function addPolicy(draft: Draft, policy: Source, problems: Problems): void {
  const condition = policy.at("condition");
  const mode = conditions[condition.text ?? "any"];
  if (mode === undefined) {
    problems.error(
      condition.path,
      `${JSON.stringify(condition.value)} is no condition`,
      "Write none, on-failure or any.",
    );
    return;
  }
  const attempts = policy.at("max_attempts").number;
  const fields = {
    ...(attempts === undefined || attempts === 0 ? {} : { maxRestarts: attempts }),
    ...(policy.at("delay").isGiven ? { backoffInitialMs: policy.at("delay").duration } : {}),
    ...(policy.at("window").isGiven ? { resetAfterMs: policy.at("window").duration } : {}),
  };
  draft.set("restartPolicy", Object.keys(fields).length === 0 ? mode : { mode, ...fields }, policy);
}

const dependencyConditions: Readonly<Record<string, string>> = {
  service_started: "started",
  service_healthy: "healthy",
  service_completed_successfully: "completed",
};

export function addDependencies(draft: Draft, service: Source, { root, member, problems }: Context): void {
  for (const [name, dependency] of service.at("depends_on").entries()) {
    const other = root.at("services", name);
    if (other.at("x-podling", "cron").isGiven) {
      const why = `${name} is a schedule, and nothing can wait for its jobs`;
      problems.error(dependency.path, why, "Remove it, or run that job once: without cron.");
      continue;
    }
    const condition = dependencyConditions[dependency.at("condition").text ?? ""] ?? "started";
    const item = {
      name: member(name),
      condition,
      ...(dependency.at("required").flag === false ? { required: false } : {}),
      ...(dependency.at("restart").flag === true ? { restart: true } : {}),
    };
    draft.add("dependsOn", item, dependency);
  }
}

/**
 * Compose lets a container that is not healthy yet run on, however long it takes to start; here it would be restarted, and take as
 * long again. So failures count from the first success on, or after this time. A file that says how long says it itself.
 */
const composeStartMs = 120_000;

/** The engine runs the check, as HEALTHCHECK of an image. */
export function addHealth(draft: Draft, health: Source, problems: Problems): void {
  const test = health.at("test");
  const [first] = test.items();
  if (health.at("disable").flag === true || first?.value === "NONE" || test.value === "NONE") {
    draft.set("health.disabled", true, health);
    return;
  }
  draft.set("health.command", testOf(test, problems), test);
  for (const [key, field] of [
    ["interval", "intervalMs"],
    ["timeout", "timeoutMs"],
    ["start_period", "startPeriodMs"],
  ] as const) {
    const { duration } = health.at(key);
    // As in docker, 0 stands for the default.
    if (duration !== 0) draft.set(`health.${field}`, duration, health.at(key));
  }
  if (health.isGiven && !health.at("start_period").isGiven) draft.set("health.startPeriodMs", composeStartMs, health);
  const retries = health.at("retries");
  if (retries.number !== 0) draft.set("health.retries", retries.number, retries);
}

function testOf(test: Source, problems: Problems): unknown {
  if (!test.isGiven) return undefined;
  if (typeof test.value === "string") return test.value;
  const [kind, ...words] = test.items().map(({ text }) => text ?? "");
  if (kind === undefined) return undefined;
  if (kind === "CMD" && words.length > 0) return words;
  if (kind === "CMD-SHELL" && words.length === 1) return words[0];
  const why = "a test as a list begins with CMD, CMD-SHELL or NONE, and a command follows";
  problems.error(test.path, why, 'Write ["CMD", PROGRAM, ARGUMENT], or the command for the shell as one text.');
  return undefined;
}
