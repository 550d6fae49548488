// What comes from other files and services: extends and include.
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these texts are what is tested

import { describe, expect, test } from "bun:test";
import { readTexts, webWith } from "./texts.ts";

describe("extends", () => {
  test("of the same file, and of another one with its own paths", async () => {
    const files = {
      "compose.yaml": `services:
  web: {extends: {file: lib/base.yaml, service: base}, environment: {A: web}, ports: ['81:81']}
  two: {extends: web, image: other}
`,
      "lib/base.yaml": `services:
  root: {image: nginx, environment: {A: root, B: root}}
  base: {extends: root, ports: ['80:80'], volumes: ['./data:/data'], command: [a]}
`,
    };
    const { service, errors } = await readTexts(files);
    expect(errors).toEqual([]);
    expect(service()).toMatchObject({ image: "nginx", environment: { A: "web", B: "root" }, command: ["a"] });
    expect(service().ports).toHaveLength(2);
    expect(service().volumes).toMatchObject([{ source: "/app/lib/data" }]);
    expect(service("two")).toMatchObject({ image: "other", environment: { A: "web", B: "root" } });
    expect(service("two")).not.toHaveProperty("extends");
  });

  test("!reset and !override against the extended service, not beyond it", async () => {
    const text = `services:
  base: {image: nginx, ports: !override ['80:80'], user: a}
  web: {extends: base, user: !reset null, ports: ['81:81']}
`;
    const { service } = await readTexts({ "compose.yaml": text });
    expect(service()).not.toHaveProperty("user");
    expect(service().ports).toHaveLength(2);
    expect(service("base").user).toBe("a");
  });

  test.each([
    ["extends: nope", "services.web.extends: there is no service nope in compose.yaml"],
    ["extends: webb", "Did you mean web?"],
    ["extends: {file: x.yaml, service: a}", "x.yaml: no such file"],
    ["extends: {file: 'https://x/y.yaml', service: a}", "only files of this machine are read"],
    ["extends: {file: compose.yaml}", "it names no service"],
    ["extends: web", "services extend each other: web (compose.yaml) -> web (compose.yaml)"],
  ])("%s is refused", async (line, error) => {
    expect((await readTexts({ "compose.yaml": webWith(line) })).errors.join("\n")).toContain(error);
  });

  test("a circle over two files is refused with its chain", async () => {
    const files = {
      "compose.yaml": "services: {web: {extends: {file: b.yaml, service: b}}}",
      "b.yaml": "services: {b: {extends: {file: compose.yaml, service: web}}}",
    };
    const chain = "web (compose.yaml) -> b (b.yaml) -> web (compose.yaml)";
    expect((await readTexts(files)).errors.join("\n")).toContain(chain);
  });
});

describe("include", () => {
  test("an included file has its own folder and its own .env, and the including one goes before it", async () => {
    const files = {
      "compose.yaml": `include: [lib/db.yaml]\n${webWith("depends_on: [db]")}  db: {user: mine}\n`,
      "lib/db.yaml":
        "services: {db: {image: 'pg:$V', user: theirs, volumes: ['./d:/d', 'vol:/v']}}\nvolumes: {vol: }\n",
      "lib/.env": "V=$W\nU=lib",
      ".env": "W=17",
    };
    const { service, value, errors } = await readTexts(files);
    expect(errors).toEqual([]);
    expect(service("db")).toMatchObject({ image: "pg:17", user: "mine" });
    expect(service("db").volumes).toMatchObject([{ source: "/app/lib/d" }, { source: "vol" }]);
    expect(value.volumes).toEqual({ vol: null });
    expect(value).not.toHaveProperty("include");
  });

  test("the long form: several paths, a project folder, and files of variables", async () => {
    const files = {
      "compose.yaml": `include: [{path: [a/x.yaml, a/y.yaml], project_directory: ., env_file: [v.env]}]\n${webWith("")}`,
      "a/x.yaml": "services: {x: {image: '$V', volumes: ['./d:/d']}}",
      "a/y.yaml": "services: {x: {user: y}}",
      "v.env": "V=img",
    };
    const { service, errors } = await readTexts(files);
    expect(errors).toEqual([]);
    expect(service("x")).toMatchObject({ image: "img", user: "y", volumes: [{ source: "/app/d" }] });
  });

  test("an included service can be extended", async () => {
    const files = {
      "compose.yaml": "include: [b.yaml]\nservices: {web: {extends: base}}",
      "b.yaml": "services: {base: {image: x}}",
    };
    expect((await readTexts(files)).service().image).toBe("x");
  });

  test("a circle is refused with its chain, a missing file with its place", async () => {
    const files = {
      "compose.yaml": "include: [b.yaml]",
      "b.yaml": "include: [c.yaml]",
      "c.yaml": "include: [compose.yaml]",
    };
    expect((await readTexts(files)).errors[0]).toBe(
      "c.yaml:1:11: include: files include each other: compose.yaml -> b.yaml -> c.yaml -> compose.yaml. Remove one of these includes.",
    );
    expect((await readTexts({ "compose.yaml": "include:\n  - x.yaml" })).errors[0]).toStartWith(
      "compose.yaml:2:5: include: x.yaml: no such file",
    );
  });
});
