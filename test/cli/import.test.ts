// podling import swarm: what it asks the engine, what it prints, and where.

import { afterEach, describe, expect, test } from "bun:test";
import { engine, podling } from "./harness.ts";

const wellEngine = engine.answer;
afterEach(() => {
  engine.answer = wellEngine;
});

const file = { Name: "key", UID: "0", GID: "0", Mode: 0o444 };
const answers: Record<string, unknown> = {
  "/services": [
    {
      Spec: {
        Name: "shop_web",
        Labels: { "com.docker.stack.namespace": "shop" },
        TaskTemplate: {
          RestartPolicy: { Condition: "on-failure" },
          ContainerSpec: { Image: "nginx", TTY: true, Secrets: [{ File: file, SecretID: "x", SecretName: "key" }] },
        },
        Mode: { Replicated: { Replicas: 2 } },
      },
    },
  ],
  "/configs": [],
  "/networks": [],
  "/nodes": [],
};

describe("podling import swarm", () => {
  test("the compose file on stdout, what differs on stderr", async () => {
    engine.answer = async (path) => answers[path];
    const { code, out, err } = await podling("import swarm --stack shop");
    expect(code).toBe(0);
    expect(out).toBe(`# secret key: a swarm does not show its content. Set the variable KEY to it.
name: shop
services:
  web:
    image: nginx
    tty: true
    secrets:
      - source: key
        target: key
        mode: 292
    deploy:
      replicas: 2
      restart_policy:
        condition: on-failure
secrets:
  key:
    name: key
    environment: KEY
`);
    expect(err).toContain("secret key: a swarm does not show its content.");
    expect(err).toContain("-:6:5: refused: services.web.tty: ");
  });

  test("an engine that is no manager, and a stack that there is not", async () => {
    engine.answer = async () => {
      throw new Error("This node is not a swarm manager");
    };
    const failed = await podling("import swarm");
    expect(failed.code).toBe(1);
    expect(failed.err).toContain("This node is not a swarm manager");
    engine.answer = async (path) => answers[path];
    expect((await podling("import swarm --stack other")).err).toContain("the stack other has no services");
  });
});
