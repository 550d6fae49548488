// -p in docker's forms.

import { describe, expect, test } from "bun:test";
import { parsePorts } from "./ports.ts";

test.each([
  ["80", { containerPort: 80 }],
  ["8080:80", { hostPort: 8080, containerPort: 80 }],
  ["8080:80/udp", { hostPort: 8080, containerPort: 80, protocol: "udp" }],
  ["8080:80/tcp", { hostPort: 8080, containerPort: 80 }],
  ["80/SCTP", { containerPort: 80, protocol: "sctp" }],
  ["0.0.0.0:8080:80", { hostIp: "0.0.0.0", hostPort: 8080, containerPort: 80 }],
  ["127.0.0.1:8080:80/udp", { hostIp: "127.0.0.1", hostPort: 8080, containerPort: 80, protocol: "udp" }],
  ["127.0.0.1::80", { hostIp: "127.0.0.1", containerPort: 80 }],
  ["[::1]:8080:80", { hostIp: "::1", hostPort: 8080, containerPort: 80 }],
  ["0:80", { hostPort: 0, containerPort: 80 }],
] as const)("%s", (text, port) => {
  expect(parsePorts(text)).toEqual([port] as ReturnType<typeof parsePorts>);
});

describe("a range is one port each", () => {
  test("of both sides", () => {
    const ports = parsePorts("127.0.0.1:8000-8010:80-90/udp");
    expect(ports).toHaveLength(11);
    expect(ports[0]).toEqual({ hostIp: "127.0.0.1", hostPort: 8000, containerPort: 80, protocol: "udp" });
    expect(ports[10]).toEqual({ hostIp: "127.0.0.1", hostPort: 8010, containerPort: 90, protocol: "udp" });
  });

  test("without host ports", () => {
    expect(parsePorts("80-81")).toEqual([{ containerPort: 80 }, { containerPort: 81 }]);
  });
});

test.each([
  ["", "not a port"],
  ["http", "http is not a port from 1 to 65535"],
  ["0", "0 is not a port from 1 to 65535"],
  ["70000:80", "70000 is not a port from 0 to 65535"],
  ["90-80", "90-80 is not a port from 1 to 65535"],
  ["80-81-82", "80-81-82 is not a port"],
  ["8000-8010:80", "11 host ports for 1 container port"],
  ["8000:80-90", "1 host port for 11 container ports"],
  ["80/icmp", "icmp is none of tcp, udp, sctp"],
  ["localhost:80:80", "localhost is not an IP address"],
  ["1:2:3:4", "not a port"],
])("%s is refused", (text, says) => {
  expect(() => parsePorts(text)).toThrow(says);
});
