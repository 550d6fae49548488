// --startup, --liveness and --readiness: one check and its numbers, as fields of one line. It checks only the form; the master
// validates the values.

import type { BodyInput } from "../../../../api/operations/operations.ts";
import { parseDuration } from "../../../../model/quantity.ts";
import { UsageError } from "../../../command/failure.ts";
import type { FlagValues } from "../../../command/flag-values.ts";
import { csvFields } from "./csv.ts";

type Body = BodyInput<"createTask">;
type Probes = Pick<Body, "startupProbe" | "livenessProbe" | "readinessProbe">;
type Probe = NonNullable<Probes["startupProbe"]>;
type Mutable = { -readonly [Key in keyof Probe]: Probe[Key] };

const flagOfField = { startupProbe: "startup", livenessProbe: "liveness", readinessProbe: "readiness" } as const;
const fields = Object.keys(flagOfField) as (keyof Probes)[];

const durations = { delay: "initialDelayMs", period: "periodMs", timeout: "timeoutMs" } as const;
const numbers = { successes: "successThreshold", failures: "failureThreshold" } as const;

const hint =
  "Write http=:PORT/PATH, https=:PORT/PATH, tcp=PORT, exec=COMMAND or healthcheck, then fields such as period=5s,timeout=1s,failures=3.";

/** The probes that were given. `ports` are the published ones: a single one is the port of a check that names none. */
export function probesOf(flags: FlagValues, ports: readonly { containerPort: number }[]): Probes {
  const probes: { -readonly [Field in keyof Probes]: Probes[Field] } = {};
  for (const field of fields) {
    const text = flags.text(flagOfField[field]);
    if (text !== undefined && text !== "none") probes[field] = parseProbe(`--${flagOfField[field]}`, text, ports);
  }
  return probes;
}

/** The probes that are to be taken away: --readiness none. */
export function removedProbes(flags: FlagValues): (keyof Probes)[] {
  return fields.filter((field) => flags.text(flagOfField[field]) === "none");
}

/** `http=:8080/healthz,period=5s,failures=3`, `tcp=5432`, `exec=pg_isready`, `healthcheck`, `"exec=a, b",timeout=2s` */
export function parseProbe(flag: string, text: string, ports: readonly { containerPort: number }[] = []): Probe {
  const wrong = (why: string) => new UsageError(`${flag} ${text}: ${why}`, hint);
  const probe: Mutable = {};
  const parts = csvFields(text);
  if (parts === undefined) throw wrong("a quote is not closed");
  const http: { status?: string; headers?: Record<string, string> } = {};
  for (const part of parts) {
    const equals = part.indexOf("=");
    const [key, value] = equals < 0 ? [part, ""] : [part.slice(0, equals), part.slice(equals + 1)];
    if (key === "healthcheck" && value === "") probe.healthcheck = true;
    else if (value === "") throw wrong(key === "" ? "a field is empty" : `${key} has no value`);
    else if (key === "http" || key === "https") probe.http = httpOf(key, value, ports, wrong);
    else if (key === "tcp") probe.tcp = { port: portOf(value, wrong) };
    else if (key === "exec") probe.exec = { command: value };
    else if (key === "status") http.status = value;
    else if (key === "header") http.headers = withHeader(http.headers ?? {}, value, wrong);
    else setNumber(probe, key, value, wrong);
  }
  if (Object.keys(http).length === 0) return probe;
  if (probe.http === undefined) throw wrong("status and header belong to http= or https=");
  return { ...probe, http: { ...probe.http, ...http } };
}

function setNumber(probe: Mutable, key: string, value: string, wrong: (why: string) => UsageError): void {
  if (Object.hasOwn(durations, key)) {
    const ms = parseDuration(value);
    if (ms === undefined) throw wrong(`${key}: expected a duration such as 5s or 500ms`);
    probe[durations[key as keyof typeof durations]] = ms;
  } else if (Object.hasOwn(numbers, key)) {
    if (!/^\d{1,9}$/.test(value)) throw wrong(`${key}: expected a whole number`);
    probe[numbers[key as keyof typeof numbers]] = Number(value);
  } else {
    const known = ["http", "https", "tcp", "exec", "healthcheck", ...Object.keys(durations), ...Object.keys(numbers)];
    throw wrong(`${JSON.stringify(key)} is none of ${[...known, "status", "header"].join(", ")}`);
  }
}

/** `:8080/healthz`, `8080/healthz`, `8080`, `/healthz`, `https://:8443/healthz` */
function httpOf(
  key: "http" | "https",
  value: string,
  ports: readonly { containerPort: number }[],
  wrong: (why: string) => UsageError,
): NonNullable<Probe["http"]> {
  const [match, scheme = key, given, path] = /^(?:(https?):\/\/)?(?::?(\d{1,5}))?(\/.*)?$/.exec(value) ?? [];
  if (match === undefined) throw wrong(`${key}: expected a port and a path, and no host`);
  const port = given === undefined ? onlyPort(ports) : Number(given);
  if (port === undefined) throw wrong(`${key}: the port is missing, and -p does not publish exactly one`);
  return { port, ...(path === undefined ? {} : { path }), ...(scheme === "https" ? { scheme: "https" } : {}) };
}

function onlyPort(ports: readonly { containerPort: number }[]): number | undefined {
  const found = new Set(ports.map(({ containerPort }) => containerPort));
  return found.size === 1 ? [...found][0] : undefined;
}

function portOf(value: string, wrong: (why: string) => UsageError): number {
  const port = /^:?(\d{1,5})$/.exec(value)?.[1];
  if (port === undefined) throw wrong("tcp: expected a port of the container");
  return Number(port);
}

/** The headers and one more: `Host:example.com` */
function withHeader(
  headers: Record<string, string>,
  value: string,
  wrong: (why: string) => UsageError,
): Record<string, string> {
  const colon = value.indexOf(":");
  if (colon <= 0) throw wrong("header: expected NAME:VALUE");
  const name = value.slice(0, colon);
  if (name === "__proto__") throw wrong("header: expected another name than __proto__");
  const isThere = Object.keys(headers).some((one) => one.toLowerCase() === name.toLowerCase());
  if (isThere) throw wrong(`header: ${name} is given twice`);
  return { ...headers, [name]: value.slice(colon + 1).trim() };
}
