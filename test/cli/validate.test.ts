// podling validate: what it prints, where, and how it ends. It calls no master.

import { describe, expect, test } from "bun:test";
import { type Asked, podling } from "./harness.ts";

const fine = "name: shop\nservices:\n  web:\n    image: nginx\nx-note: 1\n";

const validate = (words: string, files: Record<string, string>, asked: Asked = {}) =>
  podling(`validate ${words}`.trim(), { files, ...asked });

const noted = `${fine.replace("image: nginx", "image: nginx\n    annotations: {a: b}")}`;

describe("podling validate", () => {
  test("a file without errors: a summary on stdout, what differs on stderr, exit 0", async () => {
    const { code, out, err } = await validate("", { "compose.yaml": noted });
    expect({ code, out }).toEqual({ code: 0, out: "shop: 1 service; no errors; keys: 1 ignored\n" });
    expect(err).toStartWith("compose.yaml:5:5: ignored: services.web.annotations: ");
  });

  test("-o json prints the resolved document, and nothing else on stdout", async () => {
    const files = { "a.yaml": fine, "b.yaml": "services: {web: {environment: [A=$B]}}", "x.env": "B=1" };
    const { code, out } = await validate("-f a.yaml -f b.yaml --env-file x.env -o json", files);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toEqual({
      document: { name: "shop", services: { web: { image: "nginx", environment: { A: "1" } } }, "x-note": 1 },
      app: { services: [{ name: "shop_web", image: "nginx", env: { A: "1" }, restartPolicy: "never" }] },
      report: [],
    });
  });

  test("-o json leaves out the contents of secrets", async () => {
    const files = { "compose.yaml": `${fine}secrets: {s: {file: s.txt}}`, "/home/user/shop/s.txt": "hidden" };
    const { code, out } = await validate("--app other -o json", files);
    expect(code).toBe(0);
    expect(JSON.parse(out).app.secrets).toEqual([{ name: "other_s" }]);
  });

  test("what the master would refuse is an error with its place", async () => {
    const { code, err } = await validate("", { "compose.yaml": fine.replace("nginx", "NGINX") });
    expect(code).toBe(1);
    expect(err).toBe(
      'compose.yaml:4:5: services.web.image: expected an image reference in lower case, found "NGINX". Write it in this form.\n',
    );
  });

  test("all errors, one a line, exit 1", async () => {
    const { code, out, err } = await validate("", { "compose.yaml": "services:\n  web: {imag: a}\n  db: {tty: 5}\n" });
    expect({ code, out }).toEqual({ code: 1, out: "" });
    expect(err.split("\n").map((line) => line.split(": ").slice(0, 2).join(": "))).toEqual([
      "compose.yaml:2:9: services.web.imag",
      "compose.yaml:3:8: services.db.tty",
      "",
    ]);
  });

  test("of very many errors, the first ones", async () => {
    const lines = Array.from({ length: 1000 }, (_, index) => `k${index}: 1\n`).join("");
    const { err } = await validate("", { "compose.yaml": `${fine}${lines}` });
    expect(err.trimEnd().split("\n")).toHaveLength(201);
    expect(err).toEndWith("\n... and 800 more\n");
  });

  test("a refused key ends with 1, an ignored one only with --strict", async () => {
    const ignored = { "compose.yaml": noted };
    expect((await validate("", ignored)).code).toBe(0);
    expect((await validate("--strict", ignored)).code).toBe(1);
    const refused = { "compose.yaml": fine.replace("image: nginx", "image: nginx\n    runtime: x") };
    const { code, err } = await validate("", refused);
    expect(code).toBe(1);
    expect(err).toContain("compose.yaml:5:5: refused: services.web.runtime: ");
  });

  test("profiles, stdin, and no file at all", async () => {
    const profiled = fine.replace("image: nginx", "image: nginx\n  debug: {image: b, profiles: [d]}");
    expect((await validate("--profile d", { "compose.yaml": profiled })).out).toStartWith("shop: 2 services;");
    expect((await validate("-f -", {}, { typed: fine.split("\n") })).out).toStartWith("shop: 1 service;");
    const { code, err } = await validate("", {});
    expect(code).toBe(1);
    expect(err).toContain("Name the file: podling validate -f FILE.");
  });
});
