// Lists that are watched, and commands that go on when the master was away for a moment.

import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import type { Io } from "../../src/cli/command/io.ts";
import { Repaint } from "../../src/cli/command/repaint.ts";
import { Cluster, until } from "./harness.ts";

let cluster: Cluster;
beforeEach(() => {
  cluster = new Cluster();
});
afterEach(() => cluster.stop());

const plain = { NO_COLOR: "1" };

/** A master that is away while `away` returns true; requests that wait for an answer, and streams that are open, then break. */
function flaky(away: () => boolean): Io["fetch"] {
  return async (url, init) => {
    const answer = fetch(url, init);
    answer.catch(() => {}); // it may fail after the loop has ended
    let response: Response | null = null;
    while (response === null) {
      if (away()) throw Object.assign(new Error("refused"), { code: "ECONNREFUSED" });
      response = await Promise.race([answer, Bun.sleep(20).then(() => null)]);
    }
    if (!response.headers.get("content-type")?.startsWith("text/event-stream")) return response;
    const reader = response.body!.getReader();
    const body = new ReadableStream<Uint8Array>({
      async pull(controller) {
        const next = reader.read();
        for (;;) {
          const got = await Promise.race([next, Bun.sleep(20).then(() => null)]);
          if (away()) {
            await reader.cancel().catch(() => {});
            return controller.error(new Error("broken"));
          }
          if (got === null) continue;
          if (got.done) return controller.close();
          return controller.enqueue(got.value);
        }
      },
      cancel: () => reader.cancel(),
    });
    return new Response(body, { status: response.status, headers: response.headers });
  };
}

describe("on a terminal", () => {
  test("ps -w shows the table in place, with columns as wide as needed, and tasks that end for a while", async () => {
    const node = await cluster.node("n1");
    const running = cluster.start("ps -w", { terminal: 80, env: plain });
    await until(() => running.out() === "no tasks\n");
    const { taskId } = await cluster.running("web");
    await until(() => /\[1A\r.\[J.*web .* running +n1 /s.test(running.out()));
    await cluster.client.call("cordonNode", { id: node.nodeId });
    await cluster.create("waits");
    await until(() => running.out().includes("pending (no-node-fits)"));
    await cluster.report(taskId, { status: "failed", exitCode: 3, reason: { code: "exited", message: "exited" } });
    await until(() => running.out().includes("failed (exit 3)"));
  });

  test("nodes -w shows loads as they change", async () => {
    await cluster.node("n1", { capacity: 4 });
    const running = cluster.start("nodes -w", { terminal: 80, env: plain });
    await until(() => running.out().includes("░░░░░ 0/4"));
    await cluster.running("web");
    await until(() => running.out().includes("█▎░░░ 1/4"));
  });

  test("what does not fit the height of the terminal is counted", async () => {
    let text = "";
    const output = {
      ...{ isTty: true, columns: () => 10, rows: () => 5 },
      write: async (data: string | Uint8Array) => {
        text += data;
      },
    };
    const repaint = new Repaint(output);
    await repaint.show("a\nb\nc\nd\ne\nf\n");
    expect(text).toBe("a\nb\nc\nand 3 more lines\n");
    text = "";
    await repaint.show("a\n");
    expect(text).toBe("\x1b[5A\r\x1b[Ja\n");
  });
});

test("nodes -w in a pipe prints a line for each change", async () => {
  const { nodeId } = await cluster.node("n1");
  const running = cluster.start("nodes -w", {});
  await until(() => running.out().includes("n1 "));
  await cluster.client.call("cordonNode", { id: nodeId });
  await until(() => running.out().includes("online, cordoned"));
  expect(running.out().match(/NAME/g)).toHaveLength(1);
});

describe("while the master is away for a moment", () => {
  test.each([
    ["ps -w", (out: string) => /web .*running/.test(out), (out: string) => /web .*completed/.test(out)],
    ["events --since 0", (out: string) => /web .*running/.test(out), (out: string) => out.includes("completed")],
    ["wait web", (_: string, asked: string) => asked.includes("wait="), (out: string) => out === "web completed\n"],
  ] as const)("%s goes on", async (line, isThere, hasEnd) => {
    await cluster.node("n1");
    const { taskId } = await cluster.running("web");
    let away = false;
    const asked: string[] = [];
    const master = flaky(() => away);
    const fetch: Io["fetch"] = (url, init) => {
      asked.push(url);
      return master(url, init);
    };
    const running = cluster.start(line, { fetch, env: plain });
    await until(() => isThere(running.out(), asked.join("\n")));
    away = true;
    await until(() => running.err().includes("lost the connection to the master; reconnecting"));
    away = false;
    await cluster.report(taskId, { status: "completed", exitCode: 0, reason: { code: "exited", message: "done" } });
    await until(() => hasEnd(running.out()));
    expect(running.err().match(/lost the connection/g)).toHaveLength(1);
  });
});
