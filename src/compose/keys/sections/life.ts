// Rows of the keys of a service that say when its containers start, when they are healthy, and how they end.

import { alike, below, butFor, changed, honoured, ignored, type KeyRow, refused, text } from "../row.ts";

const hookKeys = ["command", "user", "privileged", "working_dir", "environment"];
const hooks = ["post_start", "pre_stop"].flatMap((hook) => [hook, ...hookKeys.map((key) => `${hook}[].${key}`)]);

const noOrder = "Services start together: no service waits for another one yet.";
const retries =
  "Let the program try again until the other one answers, or fail and be restarted (restart: on-failure).";

export const lifeRows: readonly KeyRow[] = below("services.*", [
  butFor(
    honoured("restart", "Left out it is no: a program that ends is not started again."),
    "unless-stopped",
    text(/^unless-stopped$/),
    changed(
      "",
      "It is always. A service that a user has stopped does not start again by itself, so that both are the same.",
    ),
  ),
  ...alike(honoured, "init stop_signal", ""),
  honoured("stop_grace_period", "In whole seconds."),
  changed(
    "healthcheck",
    "Compose only marks a container as unhealthy. Podling restarts it if restart says so, and a replica is ready when it is healthy.",
    "",
  ),
  ...below("healthcheck", alike(honoured, "test interval timeout retries start_period disable", "")),
  ignored(
    "healthcheck.start_interval",
    "Checks in the start period come at the interval.",
    "Write a shorter interval.",
  ),
  ignored("depends_on", noOrder, retries),
  ignored("depends_on.*.restart", "A restarted service restarts no other one.", "podling service restart NAME does."),
  ignored("depends_on.*.required", "No service waits for another one yet.", ""),
  dependsOnCondition(),
  ...alike(
    refused,
    hooks.join(" "),
    "Podling runs no hooks in a container, and the program may need what the hook does.",
    "Do it in the command of the container. For the end: handle stop_signal.",
  ),
]);

function dependsOnCondition(): KeyRow {
  const ready = refused(
    "",
    "No service waits for another one yet, and the program would start before the other one is healthy.",
    `Write service_started. ${retries}`,
  );
  const completed = refused(
    "",
    "No service waits for another one yet, and the program would start before the other one has done its work.",
    "Run that one first, as a job (podling job run), and take it out of the file.",
  );
  const row = butFor(
    ignored("depends_on.*.condition", noOrder, retries),
    "service_healthy",
    text(/^service_healthy$/),
    ready,
  );
  return butFor(row, "service_completed_successfully", text(/^service_completed_successfully$/), completed);
}
