// Probes, and the health check that an engine would run: Kubernetes ignores that one, and gets probes in its place.

import type { Probe } from "../../../model/task/probes.ts";
import { given, type Workload } from "../values.ts";
import type { Notes } from "./notes.ts";

type Checked = Pick<Workload, "health" | "startupProbe" | "livenessProbe" | "readinessProbe">;

export function probesOf(container: Checked, notes: Notes): Record<string, unknown> {
  const { health, startupProbe, livenessProbe, readinessProbe } = container;
  const byEngine = engineProbes(health);
  const shown = (probe: Probe | undefined) => probe && probeOf(probe, health, notes);
  return {
    startupProbe: shown(startupProbe) ?? byEngine.startupProbe,
    livenessProbe: shown(livenessProbe) ?? byEngine.livenessProbe,
    readinessProbe: shown(readinessProbe) ?? byEngine.readinessProbe,
  };
}

const seconds = (ms: number | undefined): number | undefined => (ms === undefined ? undefined : Math.ceil(ms / 1000));

const words = (command: string | readonly string[]): readonly string[] =>
  typeof command === "string" ? ["/bin/sh", "-c", command] : command;

function probeOf(probe: Probe, health: Workload["health"], notes: Notes): Record<string, unknown> | undefined {
  const { http, tcp, exec, healthcheck } = probe;
  notes.without(http?.status, "a probe of Kubernetes takes every status from 200 to 399");
  const command = exec?.command ?? (healthcheck ? health?.command : undefined);
  if (healthcheck && command === undefined) {
    notes.say("Kubernetes does not run the health check of an image: write a probe");
    return undefined;
  }
  return given({
    httpGet:
      http &&
      given({
        ...{ path: http.path ?? "/", port: http.port, scheme: http.scheme?.toUpperCase() },
        httpHeaders: http.headers && Object.entries(http.headers).map(([name, value]) => ({ name, value })),
      }),
    tcpSocket: tcp && { port: tcp.port },
    exec: command && { command: words(command) },
    initialDelaySeconds: seconds(probe.initialDelayMs),
    periodSeconds: seconds(probe.periodMs),
    timeoutSeconds: seconds(probe.timeoutMs),
    successThreshold: probe.successThreshold,
    failureThreshold: probe.failureThreshold,
  });
}

/** An engine's times, where none are given: each 30 s, for at most 30 s, three times. */
function engineProbes(health: Workload["health"]): Record<string, Record<string, unknown> | undefined> {
  if (health?.command === undefined) return {};
  const period = seconds(health.intervalMs) ?? 30;
  const retries = health.retries ?? 3;
  const check = { exec: { command: words(health.command) }, periodSeconds: period };
  const probe = { ...check, timeoutSeconds: seconds(health.timeoutMs) ?? 30, failureThreshold: retries };
  const start = seconds(health.startPeriodMs);
  const startupProbe =
    start === undefined ? undefined : { ...probe, failureThreshold: retries + Math.ceil(start / period) };
  return { startupProbe, livenessProbe: probe, readinessProbe: probe };
}
