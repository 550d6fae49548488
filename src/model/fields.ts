// Building blocks of schemas. Each states in one phrase what it expects; the error of a refused field shows that phrase.

import { z } from "zod";
import { isIpAddress, nodeAddress } from "../lib/ip-address.ts";
import { limits } from "./limits.ts";
import { parseCpu, parseDuration, parseMemory, parseRequestCpu, parseRequestMemory } from "./quantity.ts";

/** A rule that refused strings break often: what is expected then, in the place of the general phrase. */
type Rule = readonly [broken: RegExp, expected: string];

/** A string of a pattern; `expected` completes "expected ...". The first broken rule says more precisely what is wrong. */
export function text(pattern: RegExp, maxLength: number, expected: string, rules: readonly Rule[] = []) {
  const phrase = (value: unknown) => rules.find(([broken]) => broken.test(String(value)))?.[1] ?? expected;
  return (
    z
      .string({ error: expected })
      // A string that is too long is not matched: a pattern over a megabyte takes too much time.
      .max(maxLength, { error: `${expected} (at most ${maxLength} characters)`, abort: true })
      .regex(pattern, { error: ({ input }) => phrase(input) })
  );
}

/** Any string without NUL, which no kernel interface can carry. */
export function freeText(maxLength: number, expected = "a string") {
  return z
    .string({ error: expected })
    .max(maxLength, { error: `${expected} of at most ${maxLength} characters` })
    .refine((value) => !value.includes("\0"), { error: `${expected} without NUL characters` });
}

export function integer(min: number, max: number) {
  const error = `a whole number from ${min} to ${max}`;
  return z.int({ error }).min(min, { error }).max(max, { error });
}

export function list<T extends z.ZodType>(item: T, max: number) {
  return z.array(item, { error: "a list" }).max(max, { error: `a list of at most ${max} entries` });
}

export function choice<const T extends readonly [string, ...string[]]>(values: T) {
  return z.enum(values, { error: `one of ${values.join(", ")}` });
}

/** ISO 8601. */
export const timeText = z
  .string()
  .refine((value) => Number.isFinite(Date.parse(value)), { error: "a time" })
  .meta({ format: "date-time" });

export const flag = z.boolean({ error: "true or false" });

/** As docker's names of containers. */
export const name = text(
  /^[a-zA-Z0-9]([a-zA-Z0-9._-]*[a-zA-Z0-9])?$/,
  limits.nameLength,
  "a name of letters, digits, '-', '_' and '.'",
  [
    [/^$/, "a name with at least one character"],
    [/^[^a-zA-Z0-9]/, "a name that begins with a letter or digit"],
    [/[._-]$/, "a name that ends with a letter or digit"],
  ],
);

/** As Docker reads references: [host[:port]/]path[:tag][@digest]. */
export const image = text(
  /^(?:[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?(?::\d{1,5})?\/)?[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*(?::[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?(?:@sha256:[a-f0-9]{64})?$/,
  limits.imageLength,
  "an image reference such as nginx, nginx:1.27 or registry.example:5000/team/app@sha256:...",
  [
    [/^$/, "an image reference with at least one character"],
    [/^[a-z]+:\/\//i, "an image reference without http://"],
    [/\s/, "an image reference without blanks"],
    // The registry, a tag and nothing else may have capitals.
    [/^([^/]*[.:][^/]*\/)?[^:@]*[A-Z]/, "an image reference in lower case"],
    [/:$/, "an image reference with a tag after the colon"],
    [/^[:@]/, "an image reference with a name before the tag or digest"],
    [/^\/|\/$|\/\//, "an image reference without empty parts at its slashes"],
    [/:\d{6,}\//, "an image reference with a port of at most 65535"],
    [/:[^/]*:[^/]*$/, "an image reference with one tag, after the last slash"],
    [/@(?!sha256:[a-f0-9]{64}$)/, "an image reference with a digest of the form @sha256: and 64 hexadecimal digits"],
  ],
);

/** As the engine's: tools such as reverse proxies read labels with brackets, blanks and signs in their keys. */
const labelKey = text(
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters that are refused
  /^[^\u0000-\u001f\u007f=]+$/,
  limits.labelKeyLength,
  "a label key without '=' and control characters",
  [[/^$/, "a label key with at least one character"]],
);

export const labels = z
  .record(labelKey, freeText(limits.labelValueLength, "a label value as text"), {
    error: "an object of label keys and values",
  })
  .refine((value) => Object.keys(value).length <= limits.labelCount, { error: `at most ${limits.labelCount} labels` });

export const labelKeyField = labelKey;

/** As the engine's: any name that a kernel can pass to a program. */
const envKey = text(/^[^=\0]+$/, limits.envKeyLength, "an environment name without '=' and NUL", [
  [/^$/, "an environment name with at least one character"],
]);

export const env = z
  .record(envKey, freeText(limits.envValueLength, "an environment value as text"), {
    error: "an object of environment names and values",
  })
  .refine((value) => Object.keys(value).length <= limits.envCount, { error: `at most ${limits.envCount} entries` });

const cpuExpected = `cores such as 0.5, "0.5" or "500m", up to ${limits.cpuCores}`;
export const cpu = z.union([z.string(), z.number()], { error: cpuExpected }).transform((value, context) => {
  const cores = parseCpu(value);
  if (cores !== undefined && cores <= limits.cpuCores) return cores;
  context.addIssue({ code: "custom", message: cpuExpected });
  return z.NEVER;
});

const memoryExpected = 'an amount of memory such as "512Mi", "512m", "2g" or a number of bytes, up to 16 TiB';
export const memory = z.union([z.string(), z.number()], { error: memoryExpected }).transform((value, context) => {
  const bytes = parseMemory(value);
  if (bytes !== undefined && bytes <= limits.memoryBytes) return bytes;
  context.addIssue({ code: "custom", message: memoryExpected });
  return z.NEVER;
});

const requestCpuExpected = `thousandths of a core as a number, or cores as "500m" or "0.5", up to ${limits.cpuCores} cores`;
/** In `requests` and `limits`. */
export const requestCpu = z
  .union([z.string(), z.number()], { error: requestCpuExpected })
  .transform((value, context) => {
    const cores = parseRequestCpu(value);
    if (cores !== undefined && cores <= limits.cpuCores) return cores;
    context.addIssue({ code: "custom", message: requestCpuExpected });
    return z.NEVER;
  });

const requestMemoryExpected = 'bytes as a number, or an amount such as "256Mi" or "512M" (512,000,000), up to 16 TiB';
/** In `requests` and `limits`. */
export const requestMemory = z
  .union([z.string(), z.number()], { error: requestMemoryExpected })
  .transform((value, context) => {
    const bytes = parseRequestMemory(value);
    if (bytes !== undefined && bytes <= limits.memoryBytes) return bytes;
    context.addIssue({ code: "custom", message: requestMemoryExpected });
    return z.NEVER;
  });

/** A duration in a query: "30s", "5m". */
export const duration = z.string().transform((value, context) => {
  const ms = parseDuration(value);
  if (ms !== undefined) return ms;
  context.addIssue({ code: "custom", message: "a duration such as 30s, 5m or 250ms" });
  return z.NEVER;
});

/** A time in a body, in ms: a number of ms, or a duration. Both have the same bounds, in ms. */
export function timeSpan(min: number, max: number, examples = "30s or 5m") {
  const least = min > 0 ? `at least ${min} ms and ` : "";
  const error = `ms, or a duration such as ${examples}, ${least}at most ${max / 3_600_000}h`;
  const text = duration.refine((ms) => ms >= min && ms <= max, { error });
  return z.union([integer(min, max), text], { error });
}

export const absolutePath = text(/^\/[^\0]*$/, limits.pathLength, "an absolute path");

export const ipAddress = z
  .string({ error: "an IP address" })
  .refine((value) => isIpAddress(value), { error: "an IP address such as 127.0.0.1 or 0.0.0.0" });

/** Where a port is published: an address, or `node` for that of the node. */
export const publishAddress = z
  .string({ error: "an IP address" })
  .refine((value) => value === nodeAddress || isIpAddress(value), {
    error: "an IP address such as 127.0.0.1 or 0.0.0.0, or node for the address of the node",
  });
