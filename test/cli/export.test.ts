// podling export: from compose files to one compose file, and to manifests. It calls no master.

import { describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Asked, podling } from "./harness.ts";

const files = {
  "compose.yaml": `name: shop
services:
  web: {image: "nginx:$V", secrets: [key], command: ["sh", "-c", "echo $$HOME"]}
secrets: {key: {environment: KEY}}
`,
};
const asked: Asked = { files, env: { V: "1.27", KEY: "hidden" } };

describe("podling export", () => {
  test("a compose file, with a comment and a warning for what is left out", async () => {
    const { code, out, err } = await podling("export", asked);
    expect(code).toBe(0);
    expect(out).toBe(`# The content of the secret shop_key is not exported: set the variable KEY to it.
name: shop
services:
  web:
    image: nginx:1.27
    command:
      - sh
      - -c
      - echo $$HOME
    restart: "no"
    secrets:
      - source: key
        target: /run/secrets/key
secrets:
  key:
    environment: KEY
`);
    expect(err).toBe("warning: The content of the secret shop_key is not exported: set the variable KEY to it.\n");
  });

  test("for Kubernetes, secrets only when they are asked for", async () => {
    const plain = await podling("export --kubernetes", asked);
    expect(plain.out).toContain("kind: Deployment");
    expect(plain.out).not.toContain("hidden");
    expect((await podling("export --kubernetes --secrets", asked)).out).toContain("content: hidden");
  });

  test("into a file", async () => {
    const folder = mkdtempSync(join(tmpdir(), "podling-export-"));
    try {
      const path = join(folder, "shop.yaml");
      const { code, out } = await podling(`export -o ${path}`, asked);
      expect({ code, out }).toEqual({ code: 0, out: "" });
      expect(readFileSync(path, "utf8")).toContain("name: shop\n");
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test("a file with a refused key is not exported", async () => {
    const refused = { "compose.yaml": "services: {web: {image: a, runtime: x}}" };
    const { code, out, err } = await podling("export", { files: refused });
    expect({ code, out }).toEqual({ code: 1, out: "" });
    expect(err).toContain("refused: services.web.runtime: ");
  });
});
