// Conversion of flags, in the forms of docker, to the body of a create request.

import { describe, expect, test } from "bun:test";
import type { Io } from "../../command/io.ts";
import { parseLine } from "../../command/parse.ts";
import { run } from "./run.ts";
import { taskBody } from "./task-input.ts";

async function body(line: string, command: string[] | null = null) {
  const { flags } = parseLine(run, [...line.split(" ").filter((word) => word !== ""), "nginx"]);
  const io = {
    env: { HOME: "/home/user" },
    readFile: async () => "# comment\nA=from file\n\nB=2\r\nHOME\n",
  } as Partial<Io> as Io;
  return taskBody("web", "nginx", flags, command, io);
}

describe("other flags", () => {
  test("fields without a flag are left out", async () => {
    expect(await body("")).toEqual({ name: "web", image: "nginx" });
    expect(await body("", [])).toEqual({ name: "web", image: "nginx" });
  });

  test("the command after -- replaces the image's arguments, --entrypoint its entrypoint", async () => {
    expect(await body("--entrypoint sh", ["-c", "ls"])).toMatchObject({ command: ["sh"], args: ["-c", "ls"] });
  });

  test("an empty entrypoint is not the same as none: the image's is replaced by nothing", async () => {
    const { flags } = parseLine(run, ["--entrypoint", "", "nginx", "echo", "plain"]);
    expect(await taskBody("web", "nginx", flags, ["echo", "plain"], {} as Io)).toMatchObject({
      command: [],
      args: ["echo", "plain"],
    });
    expect(await taskBody("web", "nginx", flags, null, {} as Io)).not.toHaveProperty("args");
  });

  test("environment: files first, then -e; a bare name copies the value of the shell", async () => {
    expect((await body("--env-file f -e B=3 -e HOME -e MISSING -e E=")).env).toEqual({
      A: "from file",
      B: "3",
      HOME: "/home/user",
      E: "",
    });
    expect(body("-e =x")).rejects.toThrow("the name is missing");
    expect(body("--env=")).rejects.toThrow("the name is missing");
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
