// The probes of a container: what is checked, how often, and how many results in a row count. The words, the limits and the
// defaults are those of Kubernetes. A probe has only the fields that were given, as all options of a container.

import { z } from "zod";
import type { DeepReadonly } from "../../lib/readonly.ts";
import { freeText, integer, list, text } from "../fields.ts";
import { limits } from "../limits.ts";

const port = integer(1, 65_535);

/** A token of HTTP: RFC 9110, 5.6.2. */
const headerName = text(/^[!#$%&'*+.^_`|~0-9a-zA-Z-]+$/, 256, "the name of a header");
/** A line break would begin another header. */
const headerValue = text(/^[\t\x20-\x7e\x80-\xff]*$/, limits.labelValueLength, "a value without line breaks");
const headers = z
  .record(headerName, headerValue, { error: "an object of header names and values" })
  .refine((value) => Object.keys(value).length <= limits.probeHeaders, {
    error: `at most ${limits.probeHeaders} headers`,
  });

const httpCheck = z.strictObject({
  port: port.describe("Port in the container."),
  path: text(/^\/[\x21-\x7e]*$/, limits.pathLength, "a path that begins with / and has no blanks")
    .optional()
    .describe("Path, with its query. Left out: /."),
  scheme: z
    .enum(["http"], { error: "http: https is not checked; tcp or exec can be used in its place" })
    .optional()
    .describe("http, which is the default."),
  status: text(/^[1-5]\d\d(-[1-5]\d\d)?$/, 7, "a status such as 204, or a range such as 200-299")
    .optional()
    .describe("Status of a good answer, or a range of them. Left out: 200-399. Redirects are not followed."),
  headers: headers.optional().describe("Headers of the request. Host may be among them."),
});

const tcpCheck = z.strictObject({ port: port.describe("Port in the container that must accept a connection.") });

const execCheck = z.strictObject({
  command: z
    .union(
      [
        freeText(limits.argumentLength).refine((value) => value !== "", { error: "a command" }),
        list(freeText(limits.argumentLength), limits.argumentCount).refine((value) => value.length > 0, {
          error: "a list with at least a program",
        }),
      ],
      { error: "a command for the shell as one string, or a program and its arguments as a list" },
    )
    .describe("A string is run by the shell of the container, a list without one. Exit code 0 is good."),
});

/** One probe. That it has exactly one check, and which numbers fit together, says check-probes.ts. */
const probe = z.strictObject({
  http: httpCheck.optional().describe("GET to the container's own address."),
  tcp: tcpCheck.optional().describe("A connection to the container's own address."),
  exec: execCheck.optional().describe("A command in the container."),
  healthcheck: z
    .literal(true, { error: "true" })
    .optional()
    .describe("True: the result of the image's HEALTHCHECK, or of `health`. The engine runs it, at its own times."),
  initialDelayMs: integer(0, limits.probeMs).optional().describe("Time from the start to the first check. Default: 0."),
  periodMs: integer(limits.probePeriodMinMs, limits.probeMs)
    .optional()
    .describe("Time from one check to the next, give or take a tenth. Default: 10 s."),
  timeoutMs: integer(limits.probeTimeoutMinMs, limits.probeTimeoutMaxMs)
    .optional()
    .describe("Time after which a check has failed. Default: 1 s."),
  successThreshold: integer(1, limits.probeThreshold)
    .optional()
    .describe("Good results in a row after which the probe has passed. Default: 1; only readiness has another one."),
  failureThreshold: integer(1, limits.probeThreshold)
    .optional()
    .describe("Failures in a row after which the probe has failed. Default: 3."),
});

export type Probe = DeepReadonly<z.output<typeof probe>>;
export type HttpCheck = NonNullable<Probe["http"]>;

export const probeOptions = {
  startupProbe: probe
    .optional()
    .describe("Passes once in each run; the other probes begin after it. When it fails, the container is restarted."),
  livenessProbe: probe
    .optional()
    .describe("When it fails, the container is stopped, and started again as the restart policy says."),
  readinessProbe: probe.optional().describe("While it fails, the task runs and is not ready: it gets no traffic."),
};
