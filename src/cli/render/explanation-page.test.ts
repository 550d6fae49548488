// Explanations as text: the three forms of the table, sentences, and the end of a log.

import { describe, expect, test } from "bun:test";
import type { Explanation, FilterName, NodeVerdict } from "../../model/explanation.ts";
import { filterNames } from "../../model/explanation.ts";
import type { NodeId, TaskId } from "../../model/ids.ts";
import { renderExplanation } from "./explanation.ts";
import { createStyle, plainStyle } from "./style.ts";

const n1 = "20250119120000-aaaaaaaa" as NodeId;

function verdict(hostname: string, failed: Partial<Record<FilterName, string>>, score: number | null): NodeVerdict {
  return {
    nodeId: n1,
    hostname,
    fits: Object.keys(failed).length === 0,
    filters: filterNames.map((filter) => ({
      filter,
      passed: failed[filter] === undefined,
      message: failed[filter] ?? "fine",
      missing: 0,
    })),
    score,
    scoreMessage: score === null ? null : "2 of 10 places taken",
    chosen: false,
  };
}

const pending: Explanation = {
  taskId: "20250119123456-abc12345" as TaskId,
  name: "web",
  status: "pending",
  reason: { code: "no-node-fits", message: "0 of 2 nodes fit" },
  restarts: 0,
  lastFailure: null,
  strategy: "spread",
  summary: "0 of 2 nodes fit: 1 is cordoned, 1 lacks memory (needs 512 MiB, the best has 310 MiB free)",
  revision: 42,
  basis: "now",
  chosenNodeId: null,
  nodes: [
    verdict("n2", { schedulable: "n2 is cordoned", memory: "needs 512 MiB, n2 has 10 MiB free" }, null),
    verdict("n1", { memory: "needs 512 MiB, n1 has 310 MiB free" }, null),
  ],
  smallestChange: "free 202 MiB of memory on n1, or ask for that much less",
};

describe("explanations", () => {
  test("of a task that has ended begin with why it ended, then why it was placed there", () => {
    const reason = { code: "start-failed" as const, message: 'exec: "nosuchcmd": executable file not found in $PATH' };
    const ended = { ...pending, status: "failed" as const, reason, summary: "n1 by spread: it has the most free" };
    const [first, second, third] = renderExplanation(ended, plainStyle, null, false).split("\n");
    expect(first).toBe(`web (20250119123456-abc12345) failed: ${reason.message}`);
    expect(second).toBe("n1 by spread: it has the most free");
    expect(third).toBe("");
  });

  test("of a failing task have the end of its log, without control characters", () => {
    const lastFailure = {
      finishedAt: "2025-01-19T12:39:00.000Z",
      exitCode: 3,
      log: ["loading", "\x1b[31mpanic\x1b[0m: no config"],
    };
    const reason = { code: "restarting" as const, message: "exited with code 3; restart 5 in 16 s" };
    const failing = { ...pending, status: "running" as const, reason, restarts: 4, lastFailure };
    const text = renderExplanation(failing, plainStyle, 80, false);
    expect(text).toContain(
      [
        "exited with code 3; restart 5 in 16 s",
        "The run that ended at 2025-01-19T12:39:00.000Z with exit code 3 wrote last:",
        "  loading",
        "   [31mpanic [0m: no config",
        "",
        "FILTER       n1  n2",
      ].join("\n"),
    );
    const silent = { ...failing, lastFailure: { ...lastFailure, log: [] } };
    expect(renderExplanation(silent, plainStyle, 80, false)).toContain("with exit code 3 wrote nothing\n");
    const { lastFailure: _, ...older } = failing;
    expect(renderExplanation(older as never, plainStyle, 80, false)).not.toContain("exit code");
  });

  test("of a waiting task, at 80 columns", () => {
    expect(renderExplanation(pending, plainStyle, 80, false)).toBe(
      `${[
        "web (20250119123456-abc12345) is pending",
        "0 of 2 nodes fit: 1 is cordoned, 1 lacks memory (needs 512 MiB, the best has 310",
        "MiB free)",
        "",
        "FILTER       n1  n2",
        "online       ✓   ✓",
        "steady       ✓   ✓",
        "engine       ✓   ✓",
        "schedulable  ✓   ✗",
        "draining     ✓   ✓",
        "capacity     ✓   ✓",
        "cpu          ✓   ✓",
        "memory       ✗   ✗",
        "host-port    ✓   ✓",
        "constraints  ✓   ✓",
        "platform     ✓   ✓",
        "SCORE        -   -",
        "",
        "n1  ✗ memory       needs 512 MiB, n1 has 310 MiB free",
        "n2  ✗ schedulable  n2 is cordoned",
        "n2  ✗ memory       needs 512 MiB, n2 has 10 MiB free",
        "",
        "What would help: free 202 MiB of memory on n1, or ask for that much less",
        "",
        "Strategy spread, state of revision 42",
      ].join("\n")}\n`,
    );
  });

  test("of a placed task: the chosen node first, then by score", () => {
    const placed: Explanation = {
      ...pending,
      status: "running",
      basis: "decision",
      chosenNodeId: n1,
      smallestChange: null,
      nodes: [verdict("n1", {}, 40), { ...verdict("n2", {}, 80.04), chosen: true }],
    };
    const text = renderExplanation(placed, plainStyle, 80, false);
    expect(text).toContain("FILTER       n2    n1\n");
    expect(text).toContain("n2  ✓ 80  2 of 10 places taken (chosen)\nn1  ✓ 40  2 of 10 places taken\n");
    expect(text).toEndWith("Strategy spread, decided at revision 42; * marks the chosen node\n");
  });

  test("of many nodes: the most relevant, or all with -o wide", () => {
    const nodes = Array.from({ length: 30 }, (_, index) => verdict(`n${index}`, {}, index));
    const all = { ...pending, nodes };
    expect(renderExplanation(all, plainStyle, 80, false)).toContain("and 10 more nodes; -o wide shows all");
    expect(renderExplanation(all, plainStyle, null, true).match(/^n\d+ .* ✓ +\d+$/gm)).toHaveLength(30);
  });

  test("in a wide terminal all filters are columns", () => {
    expect(renderExplanation(pending, plainStyle, 120, false)).toContain(
      "NODE  online  steady  engine  schedulable  draining  capacity  cpu  memory  host-port  constraints  platform  SCORE\n",
    );
  });

  test("too many nodes for 80 columns: only the filters that some node fails, or none", () => {
    const nodes = Array.from({ length: 18 }, (_, index) => verdict(`n${index}`, {}, index));
    const mixed = { ...pending, nodes: [...nodes, ...pending.nodes] };
    const text = renderExplanation(mixed, plainStyle, 80, false);
    expect(text).toContain("NODE  schedulable  memory  SCORE\n");
    expect(text).toContain("n2    ✗            ✗       -\nThese nodes pass all other filters.\n");
    expect(renderExplanation({ ...pending, nodes }, plainStyle, 80, false)).toContain(
      "These nodes pass all filters.\n",
    );
  });

  test("without UTF-8 use letters", () => {
    expect(renderExplanation(pending, createStyle(false, false), 80, false)).toContain("schedulable  y   n\n");
  });
});
