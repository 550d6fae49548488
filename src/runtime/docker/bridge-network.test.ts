// An engine without a bridge network is reported. A missing interface of that network is reported only if it is certain that
// the engine sees the same interfaces as this process.

import { expect, test } from "bun:test";
import { bridgeFault, type MachineFacts } from "./bridge-network.ts";
import type { EngineHttp } from "./engine-http.ts";

const socket = "/run/docker.sock";
const listening = `Num RefCount Protocol Flags Type St Inode Path\n00: 00000002 00000000 00010000 0001 01 11 ${socket}\n`;
const network = { Options: { "com.docker.network.bridge.name": "docker0" } };

/** What an engine with `--bridge none` answers. */
const notFound = () => Response.json({ message: "network bridge not found" }, { status: 404 });

interface Given {
  host?: string;
  name?: string;
  system?: string;
  os?: string;
  unix?: string;
  interfaces?: string[];
  podman?: boolean;
  answer?: Response;
}

function ask(given: Given): Promise<string | null> {
  const {
    host = "unix:///var/run/docker.sock",
    name = "box",
    system = "Debian 12",
    os = "linux",
    unix = listening,
  } = given;
  const http = {
    host,
    isPodman: async () => given.podman ?? false,
    call: async () => given.answer ?? Response.json(network),
  } as unknown as EngineHttp;
  const devices = ["Inter-|   Receive", " face |bytes", ...(given.interfaces ?? ["lo"]).map((one) => `  ${one}: 0 0`)];
  const facts: MachineFacts = {
    hostname: "box",
    read: async (path) => (path === "/proc/net/unix" ? unix : `${devices.join("\n")}\n`),
    resolve: async (path) => path.replace("/var/run", "/run"),
  };
  return bridgeFault(http, { Name: name, OSType: os, OperatingSystem: system }, facts);
}

test("the interface is missing on the engine's machine", async () => {
  expect(await ask({})).toBe(
    "the engine at unix:///var/run/docker.sock has no bridge network: the interface docker0 does not exist, so no container can start. Restart Docker (sudo systemctl restart docker)",
  );
});

test.each([
  ["on this machine", {}],
  ["over TCP", { host: "tcp://10.0.0.7:2375", name: "vm" }],
  ["in a virtual machine", { system: "Docker Desktop" }],
] as [string, Given][])("an engine that was started without a bridge network, %s", async (_, given) => {
  expect(await ask({ ...given, answer: notFound() })).toBe(
    `the engine at ${given.host ?? "unix:///var/run/docker.sock"} has no bridge network, so it starts no container with a network of its own. Remove --bridge none from the flags of dockerd, or "bridge": "none" from /etc/docker/daemon.json, and restart Docker (sudo systemctl restart docker)`,
  );
});

test.each([
  ["it is there", { interfaces: ["lo", "docker0"] }],
  ["the engine is reached over TCP", { host: "tcp://127.0.0.1:2375" }],
  ["the engine is on another machine", { name: "vm" }],
  ["Docker Desktop has the engine in a virtual machine", { system: "Docker Desktop" }],
  ["Podman makes its bridge for the first container", { podman: true }],
  ["the socket was opened in another network namespace", { unix: "" }],
  ["a client's end of the socket says nothing", { unix: listening.replace("00010000", "00000000") }],
  ["the network has no interface of its own", { answer: Response.json({ Name: "bridge", Options: null }) }],
  ["a proxy hides networks", { answer: Response.json({ message: "Forbidden" }, { status: 403 }) }],
  ["another program answers", { answer: Response.json({ message: "page not found" }, { status: 404 }) }],
  ["Podman calls its network otherwise", { podman: true, answer: notFound() }],
  ["an engine for Windows calls its network nat", { os: "windows", answer: notFound() }],
] satisfies [string, Given][])("nothing is said where %s", async (_, given) => {
  expect(await ask(given)).toBeNull();
});
