// From files to one document: which files are read, variables, profiles, limits, and places of errors.
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these texts are what is tested

import { describe, expect, test } from "bun:test";
import { readTexts, webWith } from "./texts.ts";

describe("files", () => {
  test.each([
    [["compose.yaml", "compose.yml"], "compose.yaml"],
    [["docker-compose.yml", "compose.yml"], "compose.yml"],
    [["docker-compose.yml", "docker-compose.yaml"], "docker-compose.yaml"],
    [["../compose.yml"], "../compose.yml"],
  ])("of %j the default is %s", async (names, chosen) => {
    const files = Object.fromEntries(names.map((name) => [name, webWith(`user: ${name}`)]));
    const { service, warnings } = await readTexts(files);
    expect(service().user).toBe(chosen);
    expect(warnings).toHaveLength(names.length - 1);
  });

  test("an override file beside the default one is merged", async () => {
    const files = { "compose.yaml": webWith("user: a"), "compose.override.yaml": webWith("user: b") };
    expect((await readTexts(files)).service().user).toBe("b");
    expect((await readTexts(files, { files: ["compose.yaml"] })).service().user).toBe("a");
  });

  test("COMPOSE_FILE names files, stdin is -", async () => {
    const files = { "a.yaml": webWith("user: a"), "b.yaml": webWith("user: b"), "-": webWith("user: c") };
    expect((await readTexts(files, { env: { COMPOSE_FILE: "a.yaml:b.yaml" } })).service().user).toBe("b");
    const env = { ...files, ".env": "COMPOSE_FILE=b.yaml,a.yaml\nCOMPOSE_PATH_SEPARATOR=,\n$" };
    const named = await readTexts(env);
    expect(named.errors).toHaveLength(1);
    expect((await readTexts({ ...env, ".env": env[".env"].slice(0, -1) })).service().user).toBe("a");
    expect((await readTexts(files, { files: ["-"] })).service().user).toBe("c");
  });

  test("a missing file, and none at all", async () => {
    expect((await readTexts({}, { files: ["x.yaml"] })).errors[0]).toStartWith("x.yaml:1:1: no such file.");
    expect((await readTexts({})).errors[0]).toContain("there is no compose.yaml, compose.yml");
    expect((await readTexts({ "compose.yaml": "# nothing\n" })).errors[0]).toContain("the file is empty");
    expect((await readTexts({ "compose.yaml": "- a" })).errors[0]).toContain("a compose file is a mapping");
  });
});

describe("YAML", () => {
  test("scalars are those of YAML 1.2, with octal numbers", async () => {
    const x =
      "x-a: [yes, no, on, 22:22, 0440, 0o17, 0x1f, 1_000, 1e3, 1.50, ~, null, '', \"1\", !!str 1, 12345678901234567890]";
    const { value } = await readTexts({ "compose.yaml": `${webWith("")}${x}\n` });
    const texts = ["yes", "no", "on", "22:22"];
    expect(value["x-a"]).toEqual([
      ...texts,
      288,
      15,
      31,
      1000,
      1000,
      1.5,
      null,
      null,
      "",
      "1",
      "1",
      "12345678901234567890",
    ]);
  });

  test("anchors, aliases and merge keys", async () => {
    const text = `x-a: &a {user: a, tty: true}
x-b: &b {user: b, init: true}
services:
  web: {<<: [*a, *b], image: nginx, tty: false}
  two: {<<: *b, image: *image}
x-image: &image busybox
`;
    const { service, errors } = await readTexts({
      "compose.yaml": text.replace("x-a:", "x-image: &image busybox\nx-a:").replace(/x-image: &image busybox\n$/, ""),
    });
    expect(errors).toEqual([]);
    expect(service()).toEqual({ user: "a", init: true, tty: false, image: "nginx" });
    expect(service("two")).toEqual({ user: "b", init: true, image: "busybox" });
  });

  test.each([
    ["services:\n\tweb: {}\n", "compose.yaml:2:1: not YAML: Tabs are not allowed"],
    ["a: [1\n", "not YAML:"],
    ["a: *b\n", "compose.yaml:1:4: *b: no anchor of this name comes before it"],
    ["a: &b {c: *b}\n", "compose.yaml:1:11: *b: the alias is inside its own anchor"],
    ["services:\n  web: {image: a}\n  web: {image: b}\n", "compose.yaml:3:3: web: the key is already in line 2"],
    ["a: {<<: 1}\n", "compose.yaml:1:9: <<: it merges mappings"],
    ["{a: b}: c\n", "a key must be text"],
    ["x-a: {__proto__: 1}\n", "compose.yaml:1:7: __proto__:"],
  ])("%j is refused", async (text, error) => {
    const { errors, document } = await readTexts({ "compose.yaml": text });
    expect(errors[0]).toContain(error);
    expect(document).toBeNull();
  });
});

describe("variables", () => {
  test("the environment goes before .env, and --env-file replaces .env", async () => {
    const files = { "compose.yaml": webWith("user: $A\nhostname: $B"), ".env": "A=file\nB=file", "x.env": "B=x" };
    expect((await readTexts(files, { env: { A: "env" } })).service()).toMatchObject({ user: "env", hostname: "file" });
    const other = await readTexts(files, { envFiles: ["x.env"] });
    expect(other.service()).toMatchObject({ user: "", hostname: "x" });
    expect(other.warnings).toEqual([
      "compose.yaml:4:11: warning: services.web.user: the variable A is not set, and counts as an empty text. Set it, or write a default: ${A:-default}.",
    ]);
  });

  test("a variable is converted where a number or a truth value belongs", async () => {
    const lines = "deploy: {replicas: $N}\ntty: ${T}\ncpus: ${C}\nports: [{target: $N}]\nuser: $N";
    const { service } = await readTexts({ "compose.yaml": webWith(lines) }, { env: { N: "3", T: "yes", C: "0.5" } });
    expect(service()).toMatchObject({ deploy: { replicas: 3 }, tty: true, cpus: 0.5, user: "3" });
    expect(service().ports).toEqual([{ mode: "ingress", protocol: "tcp", target: 3 }]);
    const { errors } = await readTexts({ "compose.yaml": webWith("scale: ${N}") }, { env: { N: "many" } });
    expect(errors[0]).toContain('compose.yaml:4:12: services.web.scale: expected a whole number, and it is "many"');
  });

  test("keys are not interpolated, and errors of all values are shown", async () => {
    const { service } = await readTexts({ "compose.yaml": webWith("labels: {$A: x}") });
    expect(service().labels).toEqual({ $A: "x" });
    const { errors } = await readTexts({ "compose.yaml": webWith("user: ${A:?give it}\nhostname: ${}") });
    expect(errors).toHaveLength(2);
  });

  test("COMPOSE_ENV_FILES names files of variables, unless the request does", async () => {
    const files = {
      "compose.yaml": webWith("user: $A$B"),
      "a.env": "A=1",
      "b.env": "B=2",
      "c.env": "A=3\nB=4",
      ".env": "A=5",
    };
    const env = { COMPOSE_ENV_FILES: "a.env,b.env" };
    expect((await readTexts(files, { env })).service().user).toBe("12");
    expect((await readTexts(files, { env, envFiles: ["c.env"] })).service().user).toBe("34");
  });

  test("label_file: its lines are labels, and labels go before them", async () => {
    const files = {
      "compose.yaml": webWith("label_file: [a, b]\nlabels: [y=3]"),
      "/app/a": "x=1\ny=1",
      "/app/b": "x=2",
    };
    expect((await readTexts(files)).service()).toEqual({ image: "nginx", labels: { x: "2", y: "3" } });
    const { errors } = await readTexts({ "compose.yaml": webWith("label_file: none") });
    expect(errors[0]).toContain("services.web.label_file[0]: /app/none: no such file");
  });

  test("the name of the project: COMPOSE_PROJECT_NAME, name, the folder", async () => {
    const named = { "compose.yaml": `name: $A\n${webWith("user: $COMPOSE_PROJECT_NAME")}`, ".env": "A=shop" };
    expect((await readTexts(named)).value.name).toBe("shop");
    expect((await readTexts(named)).service().user).toBe("shop");
    expect((await readTexts(named, { env: { COMPOSE_PROJECT_NAME: "other" } })).value.name).toBe("other");
    expect((await readTexts({ "compose.yaml": webWith("") }, { cwd: "/srv/My Shop" })).value.name).toBe("myshop");
    expect((await readTexts({ "compose.yaml": `name: My Shop\n${webWith("")}` })).errors.join()).toContain(
      "compose.yaml:1:7: name:",
    );
  });

  test("env_file, environment, and the environment of the command", async () => {
    const files = {
      "compose.yaml": webWith(
        "env_file: [a.env, {path: b.env, required: false}, {path: c.env, format: raw}]\nenvironment: [A=own, O, N]",
      ),
      "/app/a.env": "A=file\nX=1\nY=$X-$O-$A",
      "/app/c.env": "R='$X'",
    };
    const { service, errors } = await readTexts(files, { env: { O: "outer" } });
    expect(errors).toEqual([]);
    expect(service().environment).toEqual({ A: "own", X: "1", Y: "1-outer-own", R: "'$X'", O: "outer", N: null });
    const { errors: missing } = await readTexts({ "compose.yaml": webWith("env_file: no.env") });
    expect(missing[0]).toContain("compose.yaml:4:15: services.web.env_file[0]: /app/no.env: no such file");
  });
});

describe("profiles", () => {
  const files = {
    "compose.yaml": `services:
  web: {image: a}
  debug: {image: b, profiles: [debug], depends_on: [tool]}
  tool: {image: c, profiles: [tools, debug]}
  user: {image: d, profiles: [user], depends_on: {tool: {condition: service_started, required: false}, web: {condition: service_healthy}}}
  broken: {image: e, profiles: [broken], depends_on: [tool]}
`,
  };
  test.each([
    [[], ["web"]],
    [["debug"], ["web", "debug", "tool"]],
    [
      ["tools", "user"],
      ["web", "tool", "user"],
    ],
    [["user"], ["web", "user"]],
    [["*"], ["web", "debug", "tool", "user", "broken"]],
  ])("%j enables %j", async (profiles, names) => {
    const { value, errors } = await readTexts(files, { profiles });
    expect(errors).toEqual([]);
    expect(Object.keys(value.services as object)).toEqual(names);
  });

  test("a dependency that is left out: dropped if it is not required, else an error", async () => {
    expect((await readTexts(files, { profiles: ["user"] })).service("user").depends_on).toEqual({
      web: { condition: "service_healthy", required: true },
    });
    expect((await readTexts(files, { env: { COMPOSE_PROFILES: "broken" } })).errors).toEqual([
      "compose.yaml:6:55: services.broken.depends_on: it needs tool, which is left out because no profile of it is enabled. Type --profile tools, or write required: false.",
    ]);
    expect((await readTexts(files, { profiles: ["nope"] })).warnings[0]).toContain('no service has the profile "nope"');
  });
});

describe("names that lead nowhere", () => {
  test.each([
    [
      "depends_on: [webb]",
      'compose.yaml:4:18: services.web.depends_on: there is no service "webb" in the file. Did you mean web?',
    ],
    [
      "networks: [n]",
      'services.web.networks: there is no network "n" in the file. Add it below networks: at the top level.',
    ],
    ["volumes: [vol:/v]", 'services.web.volumes[0]: there is no volume "vol" in the file'],
    ["configs: [c]", 'services.web.configs[0]: there is no config "c" in the file'],
    ["secrets: [{source: s}]", 'services.web.secrets[0]: there is no secret "s" in the file'],
    ["network_mode: service:db", 'services.web.depends_on: there is no service "db" in the file'],
    ["depends_on: [web]", "services.web.depends_on: services wait for each other: web -> web"],
    [
      "network_mode: host\nnetworks: {default: }",
      "compose.yaml:4:5: services.web.network_mode: a service has network_mode or networks",
    ],
    ["tmpfs: /x\nvolumes: [/x]", "services.web.volumes[0]: /x is already mounted by services.web.tmpfs[0]"],
    ["prots: [80]", "compose.yaml:4:5: services.web.prots: unknown key prots. Did you mean ports?"],
  ])("%j", async (line, error) => {
    expect((await readTexts({ "compose.yaml": webWith(line) })).errors.join("\n")).toContain(error);
  });

  test("a service without an image, and a circle of dependencies", async () => {
    const text =
      "services:\n  a: {image: x, depends_on: [b]}\n  b: {image: x, depends_on: [c]}\n  c: {image: x, depends_on: [a]}\n  d: {user: x}\n";
    const { errors } = await readTexts({ "compose.yaml": text });
    expect(errors).toEqual([
      "compose.yaml:5:3: services.d: it has neither an image nor a build. Add image: NAME.",
      "compose.yaml:4:30: services.c.depends_on: services wait for each other: a -> b -> c -> a. Remove one of these dependencies.",
    ]);
  });
});

describe("limits", () => {
  const laughs = Array.from({ length: 30 }, (_, level) => {
    const items = level === 0 ? "x, x, x, x, x, x, x, x" : Array.from({ length: 8 }, () => `*a${level - 1}`).join(", ");
    return `x-${level}: &a${level} [${items}]`;
  }).join("\n");
  const doubled = Array.from({ length: 40 }, (_, level) =>
    level === 0 ? `A0=${"x".repeat(100)}` : `A${level}=$A${level - 1}$A${level - 1}`,
  );
  const many = Array.from({ length: 50 }, () => "$A").join(", ");
  const services = Array.from({ length: 2000 }, (_, index) => `  s${index}: {extends: base}`).join("\n");

  test.each([
    ["aliases of aliases", { "compose.yaml": `${laughs}\n${webWith("")}` }, "has more than 100000 values"],
    ["a deep file", { "compose.yaml": `x-a: ${"[".repeat(200_000)}` }, "nests deeper than 64 levels"],
    ["deep blocks", { "compose.yaml": "- ".repeat(100_000) }, "nests deeper than 64 levels"],
    ["a large file", { "compose.yaml": `# ${"x".repeat(1024 * 1024)}` }, "and 1048576 are allowed"],
    [
      "variables of variables",
      { "compose.yaml": webWith(""), ".env": doubled.join("\n") },
      "has more than 1048576 characters",
    ],
    [
      "long variables, many times",
      { "compose.yaml": `x-a: [${many}]\n${webWith("")}`, ".env": `A=${"x".repeat(100_000)}` },
      "variables make more than",
    ],
    [
      "services that extend a large one",
      { "compose.yaml": `services:\n  base: {image: x, x-a: [${"1,".repeat(1000)}]}\n${services}` },
      "the document has more than 500000 values",
    ],
    [
      "files",
      { "compose.yaml": `include: [${Array.from({ length: 300 }, (_, index) => `f${index}.yaml`).join(", ")}]` },
      "more than 200 files",
    ],
    [
      "an alias of nested anchors",
      {
        "compose.yaml": Array.from(
          { length: 80 },
          (_, level) => `x-${level}: &b${level} [${level === 0 ? "x" : `*b${level - 1}`}]`,
        ).join("\n"),
      },
      "nests deeper than 64 levels",
    ],
  ] as [string, Record<string, string>, string][])("%s", async (_, files, error) => {
    const { errors, document } = await readTexts(files);
    expect(errors.join("\n")).toContain(error);
    expect(document).toBeNull();
  });
});

test("what is not UTF-8 is refused, and the document knows where each value is written", async () => {
  const files = { "compose.yaml": webWith("ports:\n  - 80:80\n  - target: 90"), "b.yaml": webWith("user: b") };
  const { document } = await readTexts(files, { files: ["compose.yaml", "b.yaml"] });
  expect(document?.placeOf(["services", "web", "ports", 1, "target"])).toEqual({
    file: "compose.yaml",
    line: 6,
    column: 9,
  });
  expect(document?.placeOf(["services", "web", "user"])).toEqual({ file: "b.yaml", line: 4, column: 5 });
  expect(document?.placeOf(["services", "web", "nothing"])).toEqual({ file: "b.yaml", line: 2, column: 3 });
});

test("the report names keys that are not honoured, each once, with its place", async () => {
  const { report } = await readTexts({ "compose.yaml": webWith("annotations: {a: b}\nports: ['80-82:80-82']") });
  expect(report.map(({ says, what, place }) => `${place.line}:${place.column} ${says} ${what}`)).toEqual([
    "4:5 ignored services.web.annotations",
    "5:13 changed services.web.ports[0].published",
  ]);
});
