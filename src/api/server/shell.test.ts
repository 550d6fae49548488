// What a shell makes of a client that leaves in the middle of an upload: no bug, and a line that says so.

import { expect, test } from "bun:test";
import type { Log } from "../../lib/log.ts";
import { ok } from "../../lib/result.ts";
import { AccessControl } from "../access-control.ts";
import { operation, tarMediaType } from "../operations/operation.ts";
import { createShell } from "./shell.ts";

const table = {
  put: operation<null>()({
    ...{ method: "PUT", path: "/files", summary: "Takes files.", access: "write", upload: tarMediaType },
    ...{ status: 204, media: "none", answer: "Any", refusals: [] },
  }),
};

/** The status of the answer, and the lines of the log. */
async function uploaded(body: ReadableStream<Uint8Array>): Promise<{ status: number; lines: string[] }> {
  const lines: string[] = [];
  const note = (level: string) => (message: string) => void lines.push(`${level}: ${message}`);
  const log = { info: note("info"), warn: note("warn"), error: note("error") } as unknown as Log;
  const shell = createShell({
    ...{ table, log, hint: "", bodies: {} as never, onAnswer: () => {} },
    access: new AccessControl({ server: "worker", token: null, allowedHosts: [] }),
    handlers: {
      put: async (call) => {
        for await (const piece of call.upload()) expect(piece.length).toBe(3);
        return ok(null);
      },
    },
  });
  const headers = { "content-type": tarMediaType, host: "localhost" };
  const request = new Request("http://localhost/files", { method: "PUT", headers, body });
  const { status } = await shell(request, undefined as never);
  return { status, lines };
}

function pieces(end: "closes" | "fails"): ReadableStream<Uint8Array> {
  let left = 2;
  return new ReadableStream({
    pull(controller) {
      if (left-- > 0) controller.enqueue(new Uint8Array(3));
      else if (end === "closes") controller.close();
      else controller.error(new Error("the connection was reset"));
    },
  });
}

test("an upload is read to its end", async () => {
  expect(await uploaded(pieces("closes"))).toEqual({ status: 204, lines: [] });
});

test("a client that leaves in the middle is no bug", async () => {
  expect(await uploaded(pieces("fails"))).toEqual({
    status: 499,
    lines: ["info: a client has left before its request was complete"],
  });
});
