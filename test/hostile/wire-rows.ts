// What is wrong with the request as such: its line, its headers, its length, its end.

import { asks, bearer, bytesOf, host, json, type Row, wire } from "./request.ts";

const get = "GET /api/v1/tasks HTTP/1.1\r\n";
const post = `POST /api/v1/tasks HTTP/1.1\r\n${host}${bearer}${json}`;
const many = (count: number) => Array.from({ length: count }, (_, i) => `x-${i}: y\r\n`).join("");

const requestLines: Row[] = [
  wire("nothing but line ends", "\r\n\r\n\r\n", 400),
  wire("bytes of TLS", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\x00\x00\r\n\r\n", 400),
  wire("HTTP/0.9", "GET /api/v1/tasks\r\n\r\n", 505),
  wire("the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
  wire("a version that there is not", `GET /api/v1/tasks HTTP/3.7\r\n${host}\r\n`, 505),
  wire("a version that is no number", `GET /api/v1/tasks HTTP/x\r\n${host}\r\n`, 505),
  wire("a method in small letters", `get /api/v1/tasks HTTP/1.1\r\n${host}\r\n`, 0),
  wire("a method of 5,000 letters", `${"A".repeat(5000)} /api/v1/tasks HTTP/1.1\r\n${host}\r\n`, 0),
  wire("a method with a NUL", `G\0T /api/v1/tasks HTTP/1.1\r\n${host}\r\n`, 505),
  wire("no path", `GET HTTP/1.1\r\n${host}\r\n`, 400),
  wire("a path without a slash", `GET api/v1/tasks HTTP/1.1\r\n${host}${bearer}\r\n`, 400),
  wire("a space in the path", `GET /api/v1/ta sks HTTP/1.1\r\n${host}${bearer}\r\n`, 505),
  wire("a NUL in the path", `GET /api/v1/tasks/a\0b HTTP/1.1\r\n${host}${bearer}\r\n`, 505),
  wire("a tab in the path", `GET /api/v1/tasks/a\tb HTTP/1.1\r\n${host}${bearer}\r\n`, 505),
  wire("OPTIONS *", `OPTIONS * HTTP/1.1\r\n${host}${bearer}\r\n`, 400),
  wire("a path of 100,000 letters", `GET /api/v1/tasks/${"a".repeat(100_000)} HTTP/1.1\r\n${host}${bearer}\r\n`, 431),
  wire("lines that end with LF alone", `GET /api/v1/tasks HTTP/1.1\nHost: localhost\n${bearer}\n`, 505),
  wire(
    "another site in the line",
    `GET http://evil.example/api/v1/nope HTTP/1.1\r\n${host}${bearer}\r\n`,
    404,
    "route-not-found",
  ),
];

/** Unusual, and not wrong. */
const unusual: Row[] = [
  wire("HTTP/1.0 without a host, as simple load balancers ask", "GET /health HTTP/1.0\r\n\r\n", 200),
  wire("another site in the line, of HTTP/1.0", `GET http://evil.example/health HTTP/1.0\r\n\r\n`, 200),
  asks("dots that stay inside", "GET /api/v1/tasks/../nodes", 200),
];

const methods: Row[] = [
  asks("CONNECT", "CONNECT localhost:80", 404, "route-not-found"),
  asks("TRACE", "TRACE /api/v1/tasks", 405, "method-not-allowed"),
  asks("PATCH", "PATCH /api/v1/tasks/web", 405, "method-not-allowed"),
  asks("OPTIONS", "OPTIONS /api/v1/tasks", 405, "method-not-allowed"),
  asks("PUT where POST is meant", "PUT /api/v1/tasks", 405, "method-not-allowed"),
  asks("DELETE of everything", "DELETE /api/v1/tasks", 405, "method-not-allowed"),
  asks("DELETE of a node", "DELETE /api/v1/nodes/n1", 405, "method-not-allowed"),
  asks("HEAD of what only POST does", "HEAD /api/v1/tasks/web/stop", 405),
  asks("GET of what only POST does", "GET /api/v1/tasks/web/stop", 405, "method-not-allowed"),
  asks("a method of its own", "BREW /api/v1/tasks", 0),
  asks(
    "another method in a header",
    "POST /api/v1/tasks/web",
    405,
    "method-not-allowed",
    "X-HTTP-Method-Override: DELETE\r\n",
  ),
];

const headers: Row[] = [
  wire("no host", `${get}${bearer}\r\n`, 400),
  wire("an empty host", `${get}Host:\r\n${bearer}\r\n`, 403, "forbidden-origin"),
  wire("another host", `${get}Host: evil.example\r\n${bearer}\r\n`, 403, "forbidden-origin"),
  wire("a host that begins well", `${get}Host: localhost.evil.example\r\n${bearer}\r\n`, 403, "forbidden-origin"),
  wire("a host that ends well", `${get}Host: evil.example/localhost\r\n${bearer}\r\n`, 403, "forbidden-origin"),
  wire("a host with a user", `${get}Host: evil@localhost\r\n${bearer}\r\n`, 403, "forbidden-origin"),
  wire("a host with a path", `${get}Host: localhost/..\r\n${bearer}\r\n`, 403, "forbidden-origin"),
  wire("a host with a query", `${get}Host: localhost?x\r\n${bearer}\r\n`, 403, "forbidden-origin"),
  wire("a host with a space", `${get}Host: local host\r\n${bearer}\r\n`, 403, "forbidden-origin"),
  wire("a host in bad UTF-8", `${get}Host: \xff\xfe\r\n${bearer}\r\n`, 403, "forbidden-origin"),
  wire("a host with a NUL", `${get}Host: local\0host\r\n${bearer}\r\n`, 400),
  wire("an address with too many parts", `${get}Host: 127.0.0.0.1\r\n${bearer}\r\n`, 403, "forbidden-origin"),
  wire("an address out of range", `${get}Host: 127.0.0.256\r\n${bearer}\r\n`, 403, "forbidden-origin"),
  wire("two hosts, the good one first", `${get}${host}Host: evil.example\r\n${bearer}\r\n`, 403, "forbidden-origin"),
  wire("two hosts, the good one last", `${get}Host: evil.example\r\n${host}${bearer}\r\n`, 403, "forbidden-origin"),
  asks("a page of another site", "GET /api/v1/tasks", 403, "forbidden-origin", "Origin: http://evil.example\r\n"),
  asks("a page of another port", "GET /api/v1/tasks", 403, "forbidden-origin", "Origin: http://localhost:1\r\n"),
  asks("a page in a sandbox", "GET /api/v1/tasks", 403, "forbidden-origin", "Origin: null\r\n"),
  asks("an empty origin", "GET /api/v1/tasks", 403, "forbidden-origin", "Origin:\r\n"),
  asks(
    "two origins",
    "GET /api/v1/tasks",
    403,
    "forbidden-origin",
    "Origin: http://localhost\r\nOrigin: http://evil.example\r\n",
  ),
  asks("a request of another site", "GET /api/v1/tasks", 403, "forbidden-origin", "Sec-Fetch-Site: cross-site\r\n"),
  wire("no token", `${get}${host}\r\n`, 401, "unauthorized"),
  wire("an empty token", `${get}${host}Authorization: Bearer \r\n\r\n`, 401, "unauthorized"),
  wire("another token", `${get}${host}Authorization: Bearer nope\r\n\r\n`, 401, "unauthorized"),
  wire("a token and a half", `${get}${host}${bearer.trimEnd()}x\r\n\r\n`, 401, "unauthorized"),
  wire("two tokens", `${get}${host}Authorization: Bearer nope\r\n${bearer}\r\n`, 401, "unauthorized"),
  wire("a token of another kind", `${get}${host}Authorization: Basic YTpi\r\n\r\n`, 401, "unauthorized"),
  wire("a token in the query", `GET /api/v1/tasks?token=x HTTP/1.1\r\n${host}\r\n`, 401, "unauthorized"),
  asks("a header of 100,000 letters", "GET /api/v1/tasks", 431, null, `X: ${"a".repeat(100_000)}\r\n`),
  asks("2,000 headers", "GET /api/v1/tasks", 431, null, many(2000)),
  asks("a header without a colon", "GET /api/v1/tasks", 400, null, "Xa\r\n"),
  asks("a header with a space before its colon", "GET /api/v1/tasks", 400, null, "X : a\r\n"),
  asks("a header without a name", "GET /api/v1/tasks", 400, null, ": a\r\n"),
  asks("a header folded over two lines", "GET /api/v1/tasks", 400, null, "X: a\r\n b\r\n"),
  asks("a header with a NUL", "GET /api/v1/tasks", 400, null, "X: a\0b\r\n"),
  asks("a header that splits in two", "GET /api/v1/tasks", 400, null, "X: a\rY: b\r\n"),
];

const bodies: Row[] = [
  wire("two lengths", `${post}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{} `, 400),
  wire(
    "a length and chunks",
    `${post}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n`,
    400,
  ),
  wire("an encoding that there is not", `${post}Transfer-Encoding: gzip\r\n\r\n{}`, 400),
  wire("chunks twice over", `${post}Transfer-Encoding: chunked, chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n`, 400),
  wire("a length below nothing", `${post}Content-Length: -1\r\n\r\n{}`, 400),
  wire("a length with a sign", `${post}Content-Length: +2\r\n\r\n{}`, 400),
  wire("a length in hexadecimal", `${post}Content-Length: 0x2\r\n\r\n{}`, 400),
  wire("a length that is a list", `${post}Content-Length: 2, 2\r\n\r\n{}`, 400),
  wire("a length that is empty", `${post}Content-Length:\r\n\r\n{}`, 400),
  wire("a length beyond all numbers", `${post}Content-Length: ${"9".repeat(30)}\r\n\r\n{}`, 400),
  wire("a length of 10 GB", `${post}Content-Length: 10000000000\r\n\r\n{}`, 413, "body-too-large"),
  wire("a byte more than is taken", `${post}Content-Length: 1048577\r\n\r\n`, 413, "body-too-large"),
  wire(
    "2 MiB in one chunk",
    `${post}Transfer-Encoding: chunked\r\n\r\n200000\r\n${" ".repeat(0x200000)}\r\n0\r\n\r\n`,
    413,
    "body-too-large",
  ),
  wire(
    "chunks that never end",
    `${post}Transfer-Encoding: chunked\r\n\r\n${`10000\r\n${" ".repeat(0x10000)}\r\n`.repeat(17)}`,
    413,
    "body-too-large",
  ),
  wire("a chunk of no length", `${post}Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n`, 400),
  wire(
    "a chunk beyond all numbers",
    `${post}Transfer-Encoding: chunked\r\n\r\n${"f".repeat(17)}\r\n{}\r\n0\r\n\r\n`,
    400,
  ),
  wire("a chunk below nothing", `${post}Transfer-Encoding: chunked\r\n\r\n-2\r\n{}\r\n0\r\n\r\n`, 400),
  wire("a chunk that is longer than it says", `${post}Transfer-Encoding: chunked\r\n\r\n1\r\n{}\r\n0\r\n\r\n`, 400),
  wire("no body and no length", `${post}\r\n`, 400, "invalid-field"),
  wire(
    "an expectation that no server can meet",
    `${post}Expect: the-unexpected\r\nContent-Length: 2\r\n\r\n{}`,
    400,
    "invalid-field",
  ),
  wire(
    "text that says it is compressed",
    `${post}Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}`,
    400,
    "invalid-field",
  ),
  { ...wire("a body that stops", `${post}Content-Length: 100\r\n\r\n{"name":`, 0), hangUp: true },
  { ...wire("chunks that stop", `${post}Transfer-Encoding: chunked\r\n\r\n9\r\n{"name":`, 0), hangUp: true },
  {
    ...wire("a chunk that is whole, and no end", `${post}Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n`, 0),
    hangUp: true,
  },
  { ...wire("half of a request line", "GET /api/v1/ta", 0), hangUp: true },
  { ...wire("half of a header", `${get}Hos`, 0), hangUp: true },
  { ...wire("headers without their end", `${get}${host}${bearer}`, 0), hangUp: true },
  { ...wire("nothing at all", "", 0), hangUp: true },
  {
    ...wire(
      "a connection that waits for 100 Continue and goes",
      `${post}Expect: 100-continue\r\nContent-Length: 2\r\n\r\n`,
      0,
    ),
    hangUp: true,
  },
];

const types: Row[] = [
  ["no type", ""],
  ["text", "Content-Type: text/plain\r\n"],
  ["a form", "Content-Type: application/x-www-form-urlencoded\r\n"],
  ["parts", "Content-Type: multipart/form-data; boundary=x\r\n"],
  ["nearly JSON", "Content-Type: application/jsonx\r\n"],
  ["an empty type", "Content-Type:\r\n"],
  ["two types", `${json}Content-Type: text/plain\r\n`],
  ["a type in bad UTF-8", "Content-Type: \xff\r\n"],
].map(([what, type]) => {
  const head = `POST /api/v1/tasks HTTP/1.1\r\n${host}${bearer}${type}Content-Length: 2\r\n\r\n{}`;
  return { what: `a body of ${what}`, bytes: bytesOf(head), status: 415, code: "unsupported-media-type" as const };
});

export const wireRows: Row[] = [...requestLines, ...unusual, ...methods, ...headers, ...bodies, ...types];
