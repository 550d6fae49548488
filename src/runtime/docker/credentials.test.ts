// A login is found under each name of its registry, in the file and in credential helpers.

import { afterAll, describe, expect, test } from "bun:test";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { registryName, registryOf } from "../../model/registry.ts";
import { credentialsFrom } from "./credentials.ts";

const folder = mkdtempSync(join(tmpdir(), "podling-credentials-"));
afterAll(() => rmSync(folder, { recursive: true }));
const hub = "https://index.docker.io/v1/";

/** What is sent for this image with this config file. */
async function sentFor(image: string, config: unknown, env: Record<string, string> = {}) {
  const path = join(folder, "config.json");
  writeFileSync(path, typeof config === "string" ? config : JSON.stringify(config));
  const { header, problem } = await credentialsFrom(path, { PATH: folder, ...env })(registryOf(image));
  return { login: header && JSON.parse(Buffer.from(header, "base64url").toString("utf8")), problem };
}
const auth = btoa("me:p:w");
const login = { username: "me", password: "p:w" };

describe("the registry of an image", () => {
  const rows: [image: string, registry: string][] = [
    ["nginx", hub],
    ["nginx:1.27", hub],
    ["team/app", hub],
    ["docker.io/library/nginx", hub],
    ["docker.io/me/private:1", hub],
    ["index.docker.io/me/private:1", hub],
    ["registry-1.docker.io/me/private", hub],
    ["localhost/app:1", "localhost"],
    ["Server/app", "Server"],
    ["10.0.0.1:5000/app", "10.0.0.1:5000"],
    ["registry.example:5000/team/app:v2", "registry.example:5000"],
  ];
  for (const [image, registry] of rows) test(image, () => expect(registryOf(image)).toBe(registry));
});

test("names of one registry are equal", () => {
  for (const name of [
    "https://R.Example.com/v2/",
    "r.example.com",
    "R.EXAMPLE.COM:443",
    "https://r.example.com:443/v1/",
  ])
    expect(registryName(name)).toBe("r.example.com");
  expect(registryName("http://r.example.com:80")).toBe("r.example.com");
  for (const other of ["r.example.com:5000", "r.example.com:80", "example.com", "r.example.com.evil"])
    expect(registryName(other)).not.toBe("r.example.com");
  for (const name of [hub, "docker.io", "index.docker.io", "HTTPS://Index.Docker.IO/v1/access", "registry-1.docker.io"])
    expect(registryName(name)).toBe("docker.io");
});

describe("a login in the file", () => {
  const images = ["me/private:1", "docker.io/me/private:1", "index.docker.io/me/private", "docker.io/library/nginx"];
  const keys = [
    hub,
    "https://index.docker.io/v1",
    "index.docker.io",
    "docker.io",
    "https://Docker.io",
    "registry-1.docker.io",
  ];
  for (const key of keys) {
    test(`of Docker Hub as ${key}`, async () => {
      for (const image of images)
        expect(await sentFor(image, { auths: { "r.example": { auth: "x" }, [key]: { auth } } })).toEqual({
          login: { ...login, serveraddress: hub },
          problem: null,
        });
    });
  }

  const others = ["old.example.com:5000", "https://old.example.com:5000/v2/", "http://OLD.example.com:5000"];
  for (const key of others) {
    test(`of another registry as ${key}`, async () => {
      const { login: sent } = await sentFor("old.example.com:5000/a/b:1", { auths: { [key]: { auth } } });
      expect(sent).toEqual({ ...login, serveraddress: "old.example.com:5000" });
      expect((await sentFor("old.example.com/a/b:1", { auths: { [key]: { auth } } })).login).toBeNull();
      expect((await sentFor("nginx", { auths: { [key]: { auth } } })).login).toBeNull();
    });
  }

  test("the key that is written as the image writes it wins; tokens and plain names are logins too", async () => {
    const auths = { "https://r.example/v2/": { auth: btoa("a:b") }, "r.example": { auth } };
    expect((await sentFor("r.example/x", { auths })).login.username).toBe("me");
    const token = { auths: { "r.example": { identitytoken: "t" } } };
    expect((await sentFor("r.example/x", token)).login.identitytoken).toBe("t");
    const plain = { auths: { "r.example": { username: "u", password: "p" } } };
    expect((await sentFor("r.example/x", plain)).login).toMatchObject({ username: "u", password: "p" });
  });

  test("a file that cannot be read, or is no JSON, is a problem; one that is missing, or empty of logins, is not", async () => {
    expect(await sentFor("nginx", "{")).toEqual({ login: null, problem: expect.stringContaining("is not JSON") });
    for (const config of ["null", {}, { auths: {} }, { auths: { [hub]: {} } }, { auths: { [hub]: null } }])
      expect(await sentFor("nginx", config)).toEqual({ login: null, problem: null });
    const missing = credentialsFrom(join(folder, "none", "config.json"), {});
    expect(await missing(hub)).toEqual({ header: null, problem: null });
    expect((await credentialsFrom(folder, {})(hub)).problem).toContain("cannot be read");
  });
});

describe("a credential helper", () => {
  mkdirSync(folder, { recursive: true });
  const helper = (name: string, script: string) => {
    const path = join(folder, `docker-credential-${name}`);
    writeFileSync(path, `#!/bin/sh\n${script}\n`);
    chmodSync(path, 0o755);
  };
  /** Knows one address, and prints what it is asked for. */
  const knows = (address: string, answer: string) => `
    [ "$1" = list ] && echo '{"${address}":"me"}' && exit 0
    read -r asked; [ "$asked" = "${address}" ] || { echo "credentials not found in native keychain"; exit 1; }
    echo '${answer}'`;
  const answer = JSON.stringify({ ServerURL: "x", Username: "me", Secret: "p:w" });

  test("of all registries is asked by any name that it may know", async () => {
    for (const address of [hub, "index.docker.io", "https://docker.io/v1/"]) {
      helper("all", knows(address, answer));
      const sent = await sentFor("docker.io/me/private:1", { credsStore: "all", auths: { [hub]: {} } });
      expect(sent).toEqual({ login: { ...login, serveraddress: hub }, problem: null });
    }
    helper("all", knows("https://r.example/v2/", answer));
    expect((await sentFor("R.example/x", { credsStore: "all" })).login.username).toBe("me");
    expect((await sentFor("other.example/x", { credsStore: "all" })).login).toBeNull();
  });

  test("of one registry comes before that of all, and before the file only if it knows a login", async () => {
    helper("one", knows("https://r.example", answer));
    helper("all", knows("r.example", JSON.stringify({ Username: "other", Secret: "x" })));
    const config = {
      credHelpers: { "https://R.example": "one" },
      credsStore: "all",
      auths: { "r.example": { auth: btoa("f:g") } },
    };
    helper("one", knows("https://R.example", answer));
    expect((await sentFor("r.example/x", config)).login.username).toBe("me");
    helper("one", knows("elsewhere", answer));
    expect((await sentFor("r.example/x", config)).login.username).toBe("f");
  });

  test("gets no variables of Podling", async () => {
    helper("all", `echo '{"Username":"'$HOME-$PODLING_TOKEN'","Secret":"x"}'`);
    const sent = await sentFor("r.example/x", { credsStore: "all" }, { HOME: "/home/me", PODLING_TOKEN: "s3cret" });
    expect(sent.login.username).toBe("/home/me-");
  });

  test("may give a token", async () => {
    helper("all", knows("r.example", JSON.stringify({ Username: "<token>", Secret: "abc" })));
    expect((await sentFor("r.example/x", { credsStore: "all" })).login).toEqual({
      identitytoken: "abc",
      serveraddress: "r.example",
    });
  });

  test("that is missing, fails, or prints something else is named", async () => {
    expect((await sentFor("nginx", { credsStore: "absent" })).problem).toBe(
      "the credential helper docker-credential-absent is not installed for the worker",
    );
    expect((await sentFor("nginx", { credsStore: "../evil" })).problem).toContain("no name of a credential helper");
    helper("bad", "/usr/bin/yes");
    expect((await sentFor("nginx", { credsStore: "bad" })).problem).toContain("get printed more than 1 MiB");
    helper("bad", "exit 3");
    expect((await sentFor("nginx", { credsStore: "bad" })).problem).toEndWith("docker-credential-bad ended with 3");
    helper("bad", "echo hello");
    expect((await sentFor("nginx", { credsStore: "bad" })).problem).toEndWith("did not print a login");
  });
});
