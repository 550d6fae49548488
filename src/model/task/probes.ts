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

/** The first of the names that cannot be kept; null if there is none. Case does not count in the names of headers. */
export function wrongHeader(names: readonly string[]): { index: number; expected: string } | null {
  const seen = new Set<string>();
  for (const [index, name] of names.entries()) {
    if (name === "__proto__") return { index, expected: "another name than __proto__" };
    const lower = name.toLowerCase();
    if (seen.has(lower)) return { index, expected: `each header once; ${name} is repeated, and case does not count` };
    seen.add(lower);
  }
  return null;
}

const httpCheck = z.strictObject({
  port: port.describe("Port in the container."),
  path: text(/^\/[\x21-\x7e]*$/, limits.pathLength, "a path that begins with / and has no blanks")
    .optional()
    .describe("Path, with its query. Left out: /."),
  scheme: z
    .enum(["http", "https"], { error: "http or https" })
    .optional()
    .describe("http, which is the default, or https. The certificate of an https answer is not checked."),
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

// ---- the words of Kubernetes

/** The hosts that a check may name: it always goes to the container itself. Other hosts are refused. */
const ownHost = z.enum(["localhost", "127.0.0.1", "::1"], {
  error: "left out: a check goes to the container itself. The name of a virtual host goes into httpHeaders, as Host",
});

const httpGet = z.strictObject({
  port: port.describe("Port in the container."),
  path: httpCheck.shape.path,
  host: ownHost.optional().describe("Left out, or localhost: a check goes to the container itself."),
  scheme: z
    .enum(["HTTP", "HTTPS", "http", "https"], { error: "HTTP or HTTPS" })
    .optional()
    .describe("HTTP, which is the default, or HTTPS, without a check of the certificate."),
  httpHeaders: list(
    z.strictObject({ name: headerName.describe("Name."), value: headerValue.describe("Value.") }),
    limits.probeHeaders,
  )
    .superRefine((given, context) => {
      const wrong = wrongHeader(given.map(({ name }) => name));
      if (wrong) context.addIssue({ code: "custom", path: [wrong.index, "name"], message: wrong.expected });
    })
    .optional()
    .describe("Headers of the request. Host may be among them."),
});

const tcpSocket = z.strictObject({
  port: port.describe("Port in the container that must accept a connection."),
  host: ownHost.optional().describe("Left out, or localhost."),
});

const seconds = {
  initialDelaySeconds: integer(0, limits.probeMs / 1000)
    .optional()
    .describe("As initialDelayMs, in seconds."),
  periodSeconds: integer(1, limits.probeMs / 1000)
    .optional()
    .describe("As periodMs, in seconds."),
  timeoutSeconds: integer(1, limits.probeTimeoutMaxMs / 1000)
    .optional()
    .describe("As timeoutMs, in seconds."),
};

/** As it may be sent: in the words of records, or in those of Kubernetes. */
const probeInput = z
  .strictObject({
    ...probe.shape,
    httpGet: httpGet.optional().describe("As http, in the form of Kubernetes."),
    tcpSocket: tcpSocket.optional().describe("As tcp, in the form of Kubernetes."),
    ...seconds,
  })
  .transform((given, context): z.output<typeof probe> => {
    const { httpGet, tcpSocket, initialDelaySeconds, periodSeconds, timeoutSeconds, ...own } = given;
    const other = {
      ...(httpGet ? { http: httpOf(httpGet) } : {}),
      ...(tcpSocket ? { tcp: { port: tcpSocket.port } } : {}),
      ...(initialDelaySeconds === undefined ? {} : { initialDelayMs: initialDelaySeconds * 1000 }),
      ...(periodSeconds === undefined ? {} : { periodMs: periodSeconds * 1000 }),
      ...(timeoutSeconds === undefined ? {} : { timeoutMs: timeoutSeconds * 1000 }),
    };
    const twice = (Object.keys(other) as (keyof typeof other)[]).find((field) => own[field] !== undefined);
    if (twice !== undefined) {
      context.addIssue({ code: "custom", path: [twice], message: `${twice} once, in one of its two forms` });
      return z.NEVER;
    }
    return { ...own, ...other };
  });

function httpOf({ port, path, scheme, httpHeaders }: z.output<typeof httpGet>): z.output<typeof httpCheck> {
  return {
    port,
    ...(path === undefined ? {} : { path }),
    ...(scheme?.toLowerCase() === "https" ? { scheme: "https" as const } : {}),
    ...(httpHeaders?.length
      ? { headers: Object.fromEntries(httpHeaders.map(({ name, value }) => [name, value])) }
      : {}),
  };
}

/** The fields of a container with `schema` as one probe. */
function optionsOf<P extends typeof probe | typeof probeInput>(schema: P) {
  return {
    startupProbe: schema
      .optional()
      .describe("Passes once in each run; the other probes begin after it. When it fails, the container is restarted."),
    livenessProbe: schema
      .optional()
      .describe("When it fails, the container is stopped, and started again as the restart policy says."),
    readinessProbe: schema.optional().describe("While it fails, the task runs and is not ready: it gets no traffic."),
  };
}

export const probeOptions = optionsOf(probe);
export const probeInputs = optionsOf(probeInput);
