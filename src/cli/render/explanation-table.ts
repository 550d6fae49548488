// The table of an explanation: nodes, filters and scores. Three forms: all filters as columns if that fits the terminal,
// else the filters as rows if all nodes fit beside each other, else only the filters that some node fails.

import type { FilterName, NodeVerdict } from "../../model/explanation.ts";
import { type Style, textWidth } from "./style.ts";
import { type Column, renderTable } from "./table.ts";

/** `maxWidth`: null for no limit. `nodes` has at least one node. */
export function explanationTable(nodes: readonly NodeVerdict[], style: Style, maxWidth: number | null): string {
  const filters = nodes[0]!.filters.map(({ filter }) => filter).filter((filter) => isShown(filter, nodes));
  const full = byNode(nodes, filters, style, null);
  if (fits(full, maxWidth)) return full;
  const transposed = byFilter(nodes, filters, style);
  if (fits(transposed, maxWidth)) return transposed;
  const failed = filters.filter((filter) => nodes.some((node) => !passes(node, filter)));
  if (failed.length === 0) return "These nodes pass all filters.\n";
  return `${byNode(nodes, failed, style, maxWidth)}These nodes pass all other filters.\n`;
}

/** Filters that most clusters never fail: shown only where a node fails one. */
const rare: ReadonlySet<FilterName> = new Set([
  "features",
  "policy",
  "volume",
  "volume-in-use",
  "max-per-node",
  "near",
  "apart",
]);

function isShown(filter: FilterName, nodes: readonly NodeVerdict[]): boolean {
  return !rare.has(filter) || nodes.some((node) => !passes(node, filter));
}

/** A row for each node, a column for each filter. */
function byNode(
  nodes: readonly NodeVerdict[],
  filters: readonly FilterName[],
  style: Style,
  maxWidth: number | null,
): string {
  const columns: Column<NodeVerdict>[] = [
    { title: "NODE", text: ({ hostname }) => hostname, shrinksTo: 8 },
    ...filters.map((filter) => verdictColumn(filter, style, (node: NodeVerdict) => passes(node, filter))),
    { title: "SCORE", text: scoreText },
  ];
  return renderTable(columns, nodes, style, maxWidth);
}

/** A row for each filter and one for the scores, a column for each node. */
function byFilter(nodes: readonly NodeVerdict[], filters: readonly FilterName[], style: Style): string {
  const rows: (FilterName | "SCORE")[] = [...filters, "SCORE"];
  const columns: Column<FilterName | "SCORE">[] = [
    { title: "FILTER", text: (row) => row },
    ...nodes.map((node): Column<FilterName | "SCORE"> => {
      const sign = verdictColumn(
        node.hostname,
        style,
        (row: FilterName | "SCORE") => row === "SCORE" || passes(node, row),
      );
      return {
        title: node.hostname,
        text: (row) => (row === "SCORE" ? scoreText(node) : sign.text(row)),
        colour: (row) => (row === "SCORE" ? undefined : sign.colour!(row)),
      };
    }),
  ];
  return renderTable(columns, rows, style, null);
}

function verdictColumn<Row>(title: string, style: Style, passed: (row: Row) => boolean): Column<Row> {
  return {
    title,
    text: (row) => (passed(row) ? style.yes : style.no),
    colour: (row) => (passed(row) ? "green" : "red"),
  };
}

function passes({ filters }: NodeVerdict, name: FilterName): boolean {
  return filters.find(({ filter }) => filter === name)?.passed ?? false;
}

function scoreText({ score, chosen }: NodeVerdict): string {
  return `${formatScore(score)}${chosen ? " *" : ""}`;
}

export function formatScore(score: number | null): string {
  return score === null ? "-" : String(Math.round(score * 10) / 10);
}

function fits(table: string, maxWidth: number | null): boolean {
  return maxWidth === null || table.split("\n").every((line) => textWidth(line) <= maxWidth);
}
