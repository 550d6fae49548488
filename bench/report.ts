// The form of the results: rows, targets, the table on the terminal, and results.json. It measures nothing.

import { cpus, totalmem } from "node:os";
import type { Samples } from "./samples.ts";

export type Unit = "s" | "ms" | "/s" | "MB" | "KB" | "us" | "%" | "changes";

export interface Target {
  /** As the docs write it: "<= 1.10x", "<= 60 MB". */
  text: string;
  met: boolean;
}

export interface Row {
  section: string;
  what: string;
  unit: Unit;
  /** Podling's; null if it was not measured, and `note` says why. */
  ours: Samples | null;
  /** What it is compared to, measured in the same run. */
  beside?: { name: string; samples: Samples };
  targets?: readonly Target[];
  note?: string;
}

export function ratio(row: Row): number | null {
  return row.ours && row.beside ? row.ours.median / row.beside.samples.median : null;
}

/** A target for the ratio to `beside`: at most for times, at least for rates. */
export function ratioTarget(row: Row, bound: "at most" | "at least", limit: number): Row {
  const value = ratio(row);
  const text = `${bound === "at most" ? "<=" : ">="} ${bound === "at most" ? limit.toFixed(2) : limit}x`;
  if (value === null) return row;
  return withTarget(row, text, bound === "at most" ? value <= limit : value >= limit);
}

/** A target for the median itself. */
export function target(row: Row, bound: "at most" | "at least", limit: number): Row {
  if (row.ours === null) return row;
  const met = bound === "at most" ? row.ours.median <= limit : row.ours.median >= limit;
  return withTarget(row, `${bound === "at most" ? "<=" : ">="} ${number(limit, row.unit)}`, met);
}

export function withTarget(row: Row, text: string, met: boolean): Row {
  return { ...row, targets: [...(row.targets ?? []), { text, met }] };
}

export function notMeasured(section: string, what: string, why: string): Row {
  return { section, what, unit: "s", ours: null, note: why };
}

function number(value: number, unit: Unit): string {
  const digits = value >= 100 || Number.isInteger(value) ? 0 : value >= 10 ? 1 : value >= 1 ? 2 : 3;
  const text = value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return unit === "/s" ? `${text}/s` : `${text} ${unit}`;
}

function spread(samples: Samples, unit: Unit): string {
  const middle = number(samples.median, unit);
  if (samples.all.length < 2) return middle;
  const bare = (value: number) => number(value, unit).replace(/ ?[^\d,.]*$/, "");
  return `${middle} (${bare(samples.min)}..${bare(samples.max)})`;
}

const resultOf = ({ met }: Target) => (met ? "met" : "MISSED");

const heads = ["", "Podling", "compared with", "ratio", "target", "note"];

function cells(row: Row): string[] {
  if (row.ours === null) return [row.what, `not measured: ${row.note ?? "no reason was given"}`, "", "", "", ""];
  const value = ratio(row);
  const beside = row.beside ? `${row.beside.name}: ${spread(row.beside.samples, row.unit)}` : "";
  return [
    row.what,
    spread(row.ours, row.unit),
    beside,
    value === null ? "" : `${value >= 10 ? value.toFixed(1) : value.toFixed(2)}x`,
    (row.targets ?? []).map((one) => `${one.text} ${resultOf(one)}`).join(", "),
    row.note ?? "",
  ];
}

/** For the terminal. */
export function table(rows: readonly Row[]): string {
  const lines = [heads, ...rows.map(cells)];
  const measured = lines.filter((_, index) => index === 0 || rows[index - 1]!.ours !== null);
  const widths = heads.map((_, column) =>
    Math.max(...(column === 0 ? lines : measured).map((line) => line[column]!.length)),
  );
  const out: string[] = [];
  let section = "";
  for (const [index, line] of lines.entries()) {
    const row = rows[index - 1];
    if (row && row.section !== section) {
      section = row.section;
      out.push("", section);
    }
    out.push(`  ${line.map((cell, column) => cell.padEnd(widths[column]!)).join("  ")}`.trimEnd());
  }
  return `${out.join("\n")}\n`;
}

/** The same for docs/PERFORMANCE.md: sections by name alone, and without the notes. */
export function markdown(rows: readonly Row[]): string {
  const line = (parts: readonly string[]) => `| ${parts.map((part) => part.trim()).join(" | ")} |`;
  const shown = heads.slice(1, -1);
  const out = [line(["section", "measured", ...shown]), line(Array(2 + shown.length).fill("---"))];
  for (const row of rows) out.push(line([row.section.split(":")[0]!, ...cells(row).slice(0, -1)]));
  return `${out.join("\n")}\n`;
}

export function summary(rows: readonly Row[]): string {
  const count = (result: string) =>
    rows.flatMap(({ targets }) => targets ?? []).filter((one) => resultOf(one) === result).length;
  const unmeasured = rows.filter((row) => row.ours === null).length;
  const left = unmeasured === 0 ? "" : `, ${unmeasured} not measured`;
  return `targets: ${count("met")} met, ${count("MISSED")} missed${left}\n`;
}

export interface Machine {
  cores: number;
  cpu: string;
  memoryGB: number;
  kernel: string;
  bun: string;
  /** Load averages of a minute when the run began and ended. Above 1 the figures are noisy. */
  loadBefore: number;
  loadAfter: number;
}

export async function describeMachine(): Promise<Omit<Machine, "loadAfter">> {
  const kernel = process.platform === "linux" ? await Bun.file("/proc/sys/kernel/osrelease").text() : "";
  return {
    cores: cpus().length,
    cpu: cpus()[0]?.model ?? "unknown",
    memoryGB: Math.round(totalmem() / 1e9),
    kernel: `${process.platform} ${kernel.trim()}`,
    bun: Bun.version,
    loadBefore: await loadAverage(),
  };
}

export async function loadAverage(): Promise<number> {
  if (process.platform !== "linux") return 0;
  return Number((await Bun.file("/proc/loadavg").text()).split(" ")[0]);
}
