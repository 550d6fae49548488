// Parses and formats amounts of cpu (cores) and memory (bytes), and durations.

/** "12", "0.5", ".5", and with an exponent, as Kubernetes and docker read them: "1e3". */
const decimal = "(?:\\d+(?:\\.\\d+)?|\\.\\d+)(?:[eE][+-]?\\d{1,3})?";
const cpuForm = new RegExp(`^(${decimal})(m?)$`);
const memoryForm = new RegExp(`^(${decimal})\\s*(?:([kmgt])i?)?b?$`, "i");
const requestMemoryForm = new RegExp(`^(${decimal})([KMGT]i?|k)?$`);

/** Longest amount in characters; a longer text is not parsed. */
const longestAmount = 64;

/** "500m", "0.5" or 0.5 as cores (to a thousandth); undefined if it is none of these. */
export function parseCpu(value: string | number): number | undefined {
  if (String(value).length > longestAmount) return undefined;
  const match = cpuForm.exec(String(value).trim());
  if (!match) return undefined;
  const thousandths = Number(match[1]) * (match[2] ? 1 : 1000);
  return (thousandths > 0 ? Math.max(1, Math.round(thousandths)) : 0) / 1000; // 0 means "no limit": never by rounding
}

const memoryUnits: Record<string, number> = { "": 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3, t: 1024 ** 4 };

/** "512Mi", "512m", "1.5g" or bytes, as bytes. Units are powers of 1024, as Docker reads them; undefined if it is none. */
export function parseMemory(value: string | number): number | undefined {
  if (String(value).length > longestAmount) return undefined;
  const match = memoryForm.exec(String(value).trim());
  if (!match) return undefined;
  const bytes = Number(match[1]) * memoryUnits[match[2]?.toLowerCase() ?? ""]!;
  return wholeBytes(bytes);
}

/** The units of Kubernetes: those with an i are powers of 1024, the others of 1000. */
const decimalUnits: Record<string, number> = { "": 1, K: 1e3, k: 1e3, M: 1e6, G: 1e9, T: 1e12 };
const binaryUnits: Record<string, number> = { Ki: 1024, Mi: 1024 ** 2, Gi: 1024 ** 3, Ti: 1024 ** 4 };

/** An amount of cpu in `requests` and `limits`, as cores: a number counts thousandths of a core, a text is as elsewhere. */
export function parseRequestCpu(value: string | number): number | undefined {
  if (typeof value === "string") return parseCpu(value);
  // 0.5 is most likely meant as half a core.
  return Number.isSafeInteger(value) ? parseCpu(`${value}m`) : undefined;
}

/** An amount of memory in `requests` and `limits`, as bytes: "512M" is 512,000,000, unlike elsewhere. */
export function parseRequestMemory(value: string | number): number | undefined {
  if (String(value).length > longestAmount) return undefined;
  const match = requestMemoryForm.exec(String(value).trim());
  if (!match) return undefined;
  const unit = match[2] ?? "";
  const bytes = Number(match[1]) * (decimalUnits[unit] ?? binaryUnits[unit]!);
  return wholeBytes(bytes);
}

/** More than nothing is at least one byte; undefined for more than a number can hold. */
function wholeBytes(bytes: number): number | undefined {
  if (!Number.isFinite(bytes)) return undefined;
  return bytes > 0 ? Math.max(1, Math.round(bytes)) : 0;
}

/** Cores as "0.5" or "2". */
export function formatCpu(cores: number): string {
  return String(Math.round(cores * 1000) / 1000);
}

/** Bytes as "310 MiB": at most one decimal, the largest unit that gives at least 1. */
export function formatMemory(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let amount = bytes;
  let unit = 0;
  while (Math.abs(amount) >= 1024 && unit < units.length - 1) {
    amount /= 1024;
    unit++;
  }
  return `${Math.round(amount * 10) / 10} ${units[unit]}`;
}

/** "30s", "5m", "1h30m", "250ms" or a bare number of seconds, in ms; undefined if it is none. */
export function parseDuration(text: string): number | undefined {
  if (text.length > longestAmount) return undefined;
  if (/^\d+(\.\d+)?$/.test(text)) return Math.round(Number(text) * 1000);
  const units: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
  let rest = text;
  let total = 0;
  while (rest !== "") {
    const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)/.exec(rest);
    if (!match) return undefined;
    total += Number(match[1]) * units[match[2]!]!;
    rest = rest.slice(match[0].length);
  }
  return text === "" ? undefined : Math.round(total);
}
