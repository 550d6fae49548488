// Answers of HTTP servers, in one piece and byte by byte.

import { describe, expect, test } from "bun:test";
import { HttpAnswerReader } from "./http-answer.ts";

const rows: [title: string, text: string, expected: { status: number; body: string }][] = [
  ["a length", "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\n\r\ndown", { status: 503, body: "down" }],
  ["no length", "HTTP/1.0 500 Oops\r\n\r\ndown", { status: 500, body: "down" }],
  ["no phrase", "HTTP/1.1 204\r\nServer: x\r\n\r\n", { status: 204, body: "" }],
  [
    "chunks",
    "HTTP/1.1 500 Oops\r\nTransfer-Encoding: chunked\r\n\r\n3;x=1\r\ndow\r\n1\r\nn\r\n0\r\n\r\n",
    { status: 500, body: "down" },
  ],
  ["an interim answer", "HTTP/1.1 103 Hints\r\nLink: a\r\n\r\nHTTP/1.1 404 No\r\n\r\nx", { status: 404, body: "x" }],
];

describe.each(rows)("%s", (_, text, expected) => {
  test("in one piece", () => {
    const reader = new HttpAnswerReader(100);
    reader.push(Buffer.from(text));
    expect({ status: reader.status!, body: reader.body }).toEqual(expected);
  });

  test("byte by byte", () => {
    const reader = new HttpAnswerReader(100);
    for (const byte of Buffer.from(text)) reader.push(Uint8Array.of(byte));
    expect({ status: reader.status!, body: reader.body, problem: reader.problem }).toEqual({
      ...expected,
      problem: null,
    });
  });
});

test("an answer is complete at its length, its last chunk, or when enough is there", () => {
  const complete = (text: string, bodyBytes = 100) => {
    const reader = new HttpAnswerReader(bodyBytes);
    reader.push(Buffer.from(text));
    return reader.isComplete;
  };
  expect(complete("HTTP/1.1 500 x\r\nContent-Length: 2\r\n\r\na")).toBe(false);
  expect(complete("HTTP/1.1 500 x\r\nContent-Length: 2\r\n\r\nab")).toBe(true);
  expect(complete("HTTP/1.1 500 x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n")).toBe(false);
  expect(complete("HTTP/1.1 500 x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n")).toBe(true);
  expect(complete(`HTTP/1.1 500 x\r\n\r\n${"a".repeat(30)}`, 10)).toBe(true);
});

test.each([
  ["another protocol", "SSH-2.0-OpenSSH_9.2\r\n", "is not HTTP/1"],
  ["HTTP/2", "HTTP/2 200\r\n\r\n", "is not HTTP/1"],
  ["a status that is none", "HTTP/1.1 2000 x\r\n\r\n", "is not HTTP/1"],
  ["a head without an end", `HTTP/1.1 200 x\r\n${"a".repeat(70_000)}`, "too long"],
])("%s is no answer", (_, text, says) => {
  const reader = new HttpAnswerReader(100);
  reader.push(Buffer.from(text));
  expect(reader.status).toBeNull();
  expect(reader.problem).toContain(says);
  expect(reader.isComplete).toBe(true);
});

test("no more of a body is kept than asked for", () => {
  const reader = new HttpAnswerReader(3);
  reader.push(Buffer.from("HTTP/1.1 500 x\r\n\r\nabcdef"));
  expect(reader.body).toBe("abc");
});
