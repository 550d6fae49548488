// The plots of docs/PERFORMANCE.md: which rows of the tables each shows, under which short names. A plot leaves out rows that
// a run did not measure, and is left out itself if none is there.

import { type Figure, type MeasuredRow, measuredRows } from "./figures.ts";
import { Plot } from "./plot.ts";
import { colours, plotSvg } from "./svg.ts";

const ROW_HEIGHT = 28;
const LABEL_WIDTH = 226;
const VALUE_WIDTH = 84;

/** A row of a table by section and beginning, and its name in the plot. */
type Choice = readonly [section: string, what: string, label: string];

const besideOthers: readonly Choice[] = [
  ["lost", "restart policy always", "node lost, to replacement"],
  ["rates", "creates, 10 nodes", "creates, 10 nodes"],
  ["rates", "creates, 1,000 nodes", "creates, 1,000 nodes"],
  ["swarm", "podling run", "start one container"],
  ["swarm", "40 creates", "start 40 containers"],
  ["memory", "master, idle", "memory of the master"],
  ["memory", "worker, idle", "memory of a worker"],
  ["forty", "40 creates", "start 40 containers"],
  ["one", "POST", "start one, over the API"],
  ["one", "podling run", "start one, typed"],
  ["start", "podling version", "print the version"],
  ["start", "podling ps", "list what runs"],
];

const besideOlder: readonly Choice[] = [
  ["before", "creates, 10 nodes", "creates, 10 nodes"],
  ["before", "creates, 1,000 nodes", "creates, 1,000 nodes"],
  ["before", "gets of one task", "gets of one task"],
  ["before", "lists of 10,000 tasks, no", "lists, unchanged"],
  ["before", "lists of 10,000 tasks, a task", "lists, after a change"],
  ["before", "recovery of 101,000 tasks from the log", "recovery, log"],
  ["before", "recovery of 101,000 tasks from a snapshot", "recovery, snapshot"],
  ["before", "memory a task, 100,000 created", "memory of a task"],
  ["before", "memory of an idle master", "own memory, idle master"],
  ["idle", "master, 100 nodes: resident", "resident, 100 nodes"],
  ["idle", "master, 100 nodes: processor", "idle CPU time, 100 nodes"],
  ["idle", "master, 10 nodes: processor", "idle CPU time, 10 nodes"],
  ["idle", "worker without tasks: processor", "idle CPU time, worker"],
  ["before", "placements, 100 nodes, mixed", "placements, 100 nodes"],
  ["before", "placements, 1,000 nodes, mixed", "placements, 1,000 nodes"],
  ["before", "placements, 10,000 nodes, mixed", "placements, 10,000 nodes"],
  ["before", "podling run", "start one container"],
  ["before", "a node cut off", "node lost, to replacement"],
];

interface Bar {
  label: string;
  figure: Figure;
  colour: string;
}

class Run {
  readonly #rows: MeasuredRow[];
  constructor(rows: MeasuredRow[]) {
    this.#rows = rows;
  }

  row(section: string, what: string): MeasuredRow | undefined {
    return this.#rows.find((row) => row.section === section && row.what.startsWith(what));
  }

  ours(section: string, what: string, label: string): Bar[] {
    const row = this.row(section, what);
    return row === undefined ? [] : [{ label, figure: row.ours, colour: colours.ours }];
  }

  /** The figure beside Podling's. */
  other(section: string, what: string, label: string): Bar[] {
    const other = this.row(section, what)?.other;
    return other ? [{ label, figure: other.figure, colour: colours.other }] : [];
  }
}

/** How many times better than the other program: for times and memory less is better. */
function advantage({ ours, other, ratio }: MeasuredRow): number | null {
  if (other === null || ratio === null) return null;
  return ours.unit === "/s" ? ratio : other.figure.median / ours.median;
}

const times = (value: number) => `${value.toFixed(value >= 10 ? 1 : 2)}x`;

function programOf(name: string): string {
  if (/^dockerd\b/.test(name)) return /manager/.test(name) ? "Swarm" : "dockerd";
  if (/Swarm|service/.test(name)) return "Swarm";
  return /engine|docker/.test(name) ? "docker" : name;
}

function ratios(run: Run, choices: readonly Choice[], title: string, named: boolean): string | null {
  const bars = choices.flatMap(([section, what, label]) => {
    const row = run.row(section, what);
    const value = row ? advantage(row) : null;
    if (!row?.other || value === null) return [];
    const program = programOf(row.other.name);
    return [
      { label: `${section}: ${label}`, shown: label, value, text: named ? `${times(value)} ${program}` : times(value) },
    ];
  });
  if (bars.length === 0) return null;
  const shown = new Map(bars.map((bar) => [bar.label, bar.shown]));
  return plotSvg(title, "how many times better, in one run on one machine; orange: worse", {
    height: bars.length * ROW_HEIGHT + 34,
    marginLeft: LABEL_WIDTH,
    marginRight: named ? 96 : 52,
    marginTop: 4,
    marginBottom: 30,
    x: {
      type: "log",
      base: 2,
      domain: [0.4, 8],
      ticks: [0.5, 1, 2, 4, 8],
      tickFormat: (x: number) => `${x}x`,
      label: null,
      grid: true,
    },
    y: {
      domain: bars.map(({ label }) => label),
      label: null,
      tickSize: 0,
      tickFormat: (label: string) => shown.get(label) ?? "",
    },
    marks: [
      Plot.barX(bars, {
        x1: 1,
        x2: "value",
        y: "label",
        insetTop: 3,
        insetBottom: 3,
        fill: ({ value }: { value: number }) => (value >= 1 ? colours.ours : colours.worse),
      }),
      Plot.ruleX([1], { stroke: "currentColor" }),
      Plot.text(bars, {
        x: (bar: { value: number }) => Math.max(bar.value, 1),
        y: "label",
        text: "text",
        dx: 6,
        textAnchor: "start",
      }),
    ],
  });
}

function number({ median, unit }: Figure): string {
  const digits = median >= 100 ? 0 : median >= 10 ? 1 : 2;
  const text = median.toLocaleString("en", { maximumFractionDigits: digits });
  return unit === "/s" ? `${text}/s` : `${text} ${unit}`;
}

/** Bars from zero, each with a line from the least to the most sample. */
function bars(all: readonly Bar[], title: string, subtitle: string): string | null {
  if (all.length === 0) return null;
  const most = Math.max(...all.map(({ figure }) => figure.max));
  return plotSvg(title, subtitle, {
    height: all.length * ROW_HEIGHT + 34,
    marginLeft: LABEL_WIDTH,
    marginRight: VALUE_WIDTH,
    marginTop: 4,
    marginBottom: 30,
    x: {
      domain: [0, most],
      label: null,
      grid: true,
      ticks: 4,
      tickFormat: (x: number) => (x >= 1_000 ? `${x / 1_000}k` : String(x)),
    },
    y: { domain: all.map(({ label }) => label), label: null, tickSize: 0 },
    marks: [
      Plot.barX(all, { x: (bar: Bar) => bar.figure.median, y: "label", insetTop: 4, insetBottom: 4, fill: "colour" }),
      Plot.ruleY(all, {
        x1: (bar: Bar) => bar.figure.min,
        x2: (bar: Bar) => bar.figure.max,
        y: "label",
        stroke: "currentColor",
        strokeWidth: 1.5,
      }),
      Plot.text(all, {
        x: (bar: Bar) => bar.figure.max,
        y: "label",
        text: (bar: Bar) => number(bar.figure),
        dx: 6,
        textAnchor: "start",
      }),
    ],
  });
}

const SPREAD = "the median, and a line from the lowest to the highest sample";

/** As the tables name the older executable. */
function olderName(run: Run): string {
  const name = run.row("before", "")?.other?.name ?? "before";
  return name === "before" ? "an older version" : `Podling ${name}`;
}

/** SVG files by name, from the tables of a run. */
export function plotsOf(markdown: string): Map<string, string> {
  const run = new Run(measuredRows(markdown));
  const plots: Record<string, string | null> = {
    ratios: ratios(run, besideOthers, "Podling beside Swarm and docker", true),
    before: ratios(run, besideOlder, `Podling beside ${olderName(run)}`, false),
    creates: bars(
      [
        ...run.ours("rates", "a bare server", "a bare server"),
        ...run.ours("rates", "creates, 0 nodes", "Podling, no nodes"),
        ...run.ours("rates", "creates, 10 nodes", "Podling, 10 nodes"),
        ...run.ours("rates", "creates, 1,000 nodes", "Podling, 1,000 nodes"),
        ...run.ours("list", "creates with 100 watchers", "Podling, 100 watchers"),
        ...run.other("rates", "creates, 10 nodes", "Swarm, services"),
      ].map((bar) => (bar.label === "a bare server" ? { ...bar, colour: colours.other } : bar)),
      "Durable creates a second, 32 clients",
      SPREAD,
    ),
    memory: bars(
      [
        ...run.ours("memory", "master, idle", "master"),
        ...run.ours("memory", "worker, idle", "worker"),
        ...run.ours("idle", "master, 100 nodes: resident", "master, 100 nodes"),
        ...run.other("idle", "master, 100 nodes: resident", "the same, 0.1.0"),
        ...run.other("memory", "worker, idle", "dockerd"),
        ...run.other("memory", "master, idle", "dockerd, Swarm manager"),
      ],
      "Resident memory, idle, in MB",
      SPREAD,
    ),
    recovery: bars(
      [
        ...run.ours("recovery", "an empty journal", "an empty journal"),
        ...run.ours("before", "recovery of 101,000 tasks from a snapshot", "from a snapshot"),
        ...run.other("before", "recovery of 101,000 tasks from a snapshot", "from a snapshot, 0.1.0"),
        ...run.ours("before", "recovery of 101,000 tasks from the log", "from the log"),
        ...run.other("before", "recovery of 101,000 tasks from the log", "from the log, 0.1.0"),
      ],
      "From kill -9 to ready, 101,000 tasks, in s",
      SPREAD,
    ),
  };
  return new Map(Object.entries(plots).filter((entry): entry is [string, string] => entry[1] !== null));
}
