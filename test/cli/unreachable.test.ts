// Errors when the response of the master is missing or incomplete.

import { afterAll, beforeAll, expect, test } from "bun:test";
import { podling } from "./harness.ts";

let plain: ReturnType<typeof Bun.serve>;
let breaking: Bun.TCPSocketListener<undefined>;

/** A response that ends before its content-length. */
const half = (status: string) =>
  `HTTP/1.1 ${status}\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n[{"name":`;

beforeAll(() => {
  plain = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: () => new Response("ok") });
  breaking = Bun.listen({
    hostname: "127.0.0.1",
    port: 0,
    socket: {
      data(socket, bytes) {
        socket.write(half(bytes.toString().includes("refused") ? "404 Not Found" : "200 OK"));
        socket.end();
      },
    },
  });
});
afterAll(() => {
  plain.stop(true);
  breaking.stop(true);
});

test.each(["ps", "nodes", "inspect web", "inspect refused", "logs refused", "run web -d --image nginx"])(
  "podling %s: an incomplete response is an error, not a bug",
  async (line) => {
    const url = `http://127.0.0.1:${breaking.port}`;
    const { code, out, err } = await podling(`${line} --master ${url}`);
    expect({ code, out }).toEqual({ code: 1, out: "" });
    expect(err).toBe(`error: cannot reach ${url}: the answer broke off. The master may be restarting. Try again\n`);
  },
);

test("podling ps -w: a broken stream is an error, not a bug", async () => {
  const { code, err } = await podling(`ps -w --master http://127.0.0.1:${breaking.port}`);
  expect(code).toBe(1);
  expect(err).toBe("error: lost the connection to the master. It may be restarting. Try again\n");
});

test("https to a server with only http is explained", async () => {
  const address = `127.0.0.1:${plain.port}`;
  const { code, err } = await podling(`ps --master https://${address}`);
  expect(code).toBe(1);
  expect(err).toBe(
    `error: cannot reach https://${address}: the server there does not use TLS. Try --master http://${address}\n`,
  );
});
