// Rows of the keys of a service that say when its containers start, when they are healthy, and how they end.

import { alike, below, butFor, changed, honoured, ignored, type KeyRow, refused, text } from "../row.ts";

const hookKeys = ["command", "user", "privileged", "working_dir", "environment"];
const hooks = ["post_start", "pre_stop"].flatMap((hook) => [hook, ...hookKeys.map((key) => `${hook}[].${key}`)]);

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
    "Compose only marks a container as unhealthy. Podling restarts it if restart says so, and a replica is ready when it is healthy. Without start_period, failures of the first 2 minutes do not count.",
    "Write start_period if a start takes longer, or if 2 minutes are too long to wait for a restart.",
  ),
  ...below("healthcheck", alike(honoured, "test interval timeout retries start_period disable", "")),
  ignored(
    "healthcheck.start_interval",
    "Checks in the start period come at the interval.",
    "Write a shorter interval.",
  ),
  honoured("depends_on", "Across all nodes, and also when a task is started again elsewhere."),
  honoured("depends_on.*.restart", "Each change of the other service restarts this one."),
  honoured("depends_on.*.required"),
  butFor(
    honoured("depends_on.*.condition"),
    "service_healthy",
    text(/^service_healthy$/),
    honoured("", "One replica that is healthy is enough; without a health check, one that runs."),
  ),
  ...alike(
    refused,
    hooks.join(" "),
    "Podling runs no hooks in a container, and the program may need what the hook does.",
    "Do it in the command of the container. For the end: handle stop_signal.",
  ),
]);
