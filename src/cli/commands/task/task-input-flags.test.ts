// Conversion of flags, in the forms of docker, to the body of a create request.

import { describe, expect, test } from "bun:test";
import type { Io } from "../../command/io.ts";
import { parseLine } from "../../command/parse.ts";
import { run } from "./run.ts";
import { parsePort, parseTmpfs, parseVolume, taskBody } from "./task-input.ts";

async function body(line: string, command: string[] | null = null) {
  const { flags } = parseLine(run, [...line.split(" ").filter((word) => word !== ""), "nginx"]);
  const io = {
    env: { HOME: "/home/user" },
    readFile: async () => "# comment\nA=from file\n\nB=2\r\nHOME\n",
  } as Partial<Io> as Io;
  return taskBody("web", "nginx", flags, command, io);
}

describe("ports", () => {
  test.each([
    ["80", { containerPort: 80 }],
    ["8080:80", { hostPort: 8080, containerPort: 80 }],
    ["8080:80/udp", { hostPort: 8080, containerPort: 80, protocol: "udp" }],
    ["8080:80/tcp", { hostPort: 8080, containerPort: 80 }],
    ["0.0.0.0:8080:80", { hostIp: "0.0.0.0", hostPort: 8080, containerPort: 80 }],
    ["127.0.0.1:8080:80/udp", { hostIp: "127.0.0.1", hostPort: 8080, containerPort: 80, protocol: "udp" }],
    ["127.0.0.1::80", { hostIp: "127.0.0.1", containerPort: 80 }],
    ["[::1]:8080:80", { hostIp: "::1", hostPort: 8080, containerPort: 80 }],
    ["0:80", { hostPort: 0, containerPort: 80 }],
  ] as const)("%s", (text, port) => {
    expect(parsePort(text)).toEqual(port as ReturnType<typeof parsePort>);
  });

  test.each([
    ["", "not a port"],
    ["http", "http is not a port from 1 to 65535"],
    ["0", "0 is not a port from 1 to 65535"],
    ["70000:80", "70000 is not a port from 0 to 65535"],
    ["80/sctp", "sctp is neither tcp nor udp"],
    ["localhost:80:80", "localhost is not an IP address"],
    ["1:2:3:4", "not a port"],
  ])("%s is refused", (text, says) => {
    expect(() => parsePort(text)).toThrow(says);
  });
});

describe("mounts", () => {
  test.each([
    ["data:/d", { type: "volume", source: "data", target: "/d" }],
    ["/srv:/d:ro", { type: "bind", source: "/srv", target: "/d", readOnly: true }],
    ["data:/d:rw", { type: "volume", source: "data", target: "/d" }],
  ] as const)("%s", (text, mount) => {
    expect(parseVolume(text)).toEqual(mount as ReturnType<typeof parseVolume>);
  });

  test.each([
    ["/only", "a volume needs a source"],
    ["./here:/d", "a relative path has no meaning on another node"],
    ["~/x:/d", "a relative path"],
    ["data:d", "must begin with"],
    ["data:/d:z", '"z" is neither ro nor rw'],
    ["a:/b:ro:x", "too many parts"],
  ])("%s is refused", (text, says) => {
    expect(() => parseVolume(text)).toThrow(says);
  });

  test("tmpfs", () => {
    expect(parseTmpfs("/run")).toEqual({ type: "tmpfs", target: "/run" });
    expect(parseTmpfs("/run:64m")).toEqual({ type: "tmpfs", target: "/run", sizeBytes: "64m" });
    expect(parseTmpfs("/run:size=64m")).toEqual({ type: "tmpfs", target: "/run", sizeBytes: "64m" });
    expect(() => parseTmpfs("run")).toThrow("expected an absolute path");
  });
});

describe("other flags", () => {
  test("fields without a flag are left out", async () => {
    expect(await body("")).toEqual({ name: "web", image: "nginx" });
    expect(await body("", [])).toEqual({ name: "web", image: "nginx" });
  });

  test("the command after -- replaces the image's arguments, --entrypoint its entrypoint", async () => {
    expect(await body("--entrypoint sh", ["-c", "ls"])).toMatchObject({ command: ["sh"], args: ["-c", "ls"] });
  });

  test("environment: files first, then -e; a bare name copies the value of the shell", async () => {
    expect((await body("--env-file f -e B=3 -e HOME -e MISSING -e E=")).env).toEqual({
      A: "from file",
      B: "3",
      HOME: "/home/user",
      E: "",
    });
    expect(body("-e =x")).rejects.toThrow("the name is missing");
  });

  test("--memory and --cpus set request and limit; --reserve-* lowers the request", async () => {
    expect((await body("-m 512m --cpus 0.5")).resources).toEqual({ memory: "512m", cpu: "0.5" });
    expect((await body("-m 512m --reserve-memory 64m")).resources).toEqual({
      memory: { request: "64m", limit: "512m" },
    });
    expect((await body("--reserve-cpu 0.1")).resources).toEqual({ cpu: { request: "0.1" } });
  });

  test("labels, constraints, restart policy and all others", async () => {
    const line =
      "-l app=shop -l fast --constraint disk==ssd --restart on-failure:3 -u 1000 -w /srv --pull never --platform linux/arm64 --stop-timeout 3";
    expect(await body(line)).toEqual({
      name: "web",
      image: "nginx",
      labels: { app: "shop", fast: "" },
      constraints: ["disk==ssd"],
      restartPolicy: "on-failure:3",
      user: "1000",
      workingDir: "/srv",
      pullPolicy: "never",
      platform: "linux/arm64",
      stopGraceSeconds: 3,
    });
  });
});
