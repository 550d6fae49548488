// Builds the small image of the demo and the tests from this machine's busybox: a shell, a web server, wget, nc and sleep in
// 2 MB, without a download. It changes nothing but the given engine.
//
//   bun scripts/demo-image.ts [name]        (default podling-demo:latest)

import { readFileSync, realpathSync } from "node:fs";
import { engineFetch, findEngine } from "./ping-engine.ts";
import { type TarEntry, tar } from "./tar.ts";

export const DEMO_IMAGE = "podling-demo:latest";
const NEEDED_APPLETS = ["sh", "httpd", "wget", "nc", "sleep", "cat", "echo"];
/** Label with the hash of busybox and page that an image was made from, so that it is built only when they change. */
const SOURCE_LABEL = "podling.image.source";

export const DEMO_PAGE = `<!doctype html>
<title>Podling</title>
<h1>Hello from a container that Podling runs.</h1>
`;

const SKELETON: TarEntry[] = [
  { kind: "folder", name: "bin/", mode: 0o755 },
  { kind: "folder", name: "etc/", mode: 0o755 },
  { kind: "folder", name: "tmp/", mode: 0o1777 },
  { kind: "folder", name: "www/", mode: 0o755 },
  {
    kind: "file",
    name: "etc/passwd",
    mode: 0o644,
    content: "root:x:0:0:root:/:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n",
  },
  { kind: "file", name: "etc/group", mode: 0o644, content: "root:x:0:\nnogroup:x:65534:\n" },
  { kind: "file", name: "www/index.html", mode: 0o644, content: DEMO_PAGE },
];

/** The libraries of a busybox that is not static, at the paths where it looks for them. */
function librariesOf(path: string): TarEntry[] {
  const listing = Bun.spawnSync(["ldd", path]);
  const paths = listing.stdout.toString().match(/\/[^\s()]+/g) ?? [];
  return [...new Set(paths)].map((library) => ({
    kind: "file",
    name: library.slice(1),
    mode: 0o755,
    content: readFileSync(realpathSync(library)),
  }));
}

function busyboxRoot(): TarEntry[] {
  const path = Bun.which("busybox");
  if (path === null)
    throw new Error("busybox is missing: install busybox-static (on Debian: apt-get install busybox-static)");
  const applets = Bun.spawnSync([path, "--list"]).stdout.toString().split("\n");
  const missing = NEEDED_APPLETS.filter((applet) => !applets.includes(applet));
  if (missing.length > 0) {
    throw new Error(`this machine's busybox has no ${missing.join(", ")}: install busybox-static`);
  }
  const links = applets.filter((applet) => applet !== "" && applet !== "busybox");
  return [
    ...SKELETON,
    { kind: "file", name: "bin/busybox", mode: 0o755, content: readFileSync(path) },
    ...librariesOf(path),
    ...links.map((applet): TarEntry => ({ kind: "link", name: `bin/${applet}`, target: "busybox" })),
  ];
}

/** Engines stream one JSON object a line while they work, and report a failure only in there. */
async function finish(answer: Response, doing: string): Promise<void> {
  const text = await answer.text();
  const failure = /"error":\s*"([^"]+)"/.exec(text)?.[1];
  if (!answer.ok || failure) throw new Error(`${doing} failed: ${failure ?? `${answer.status} ${text.trim()}`}`);
}

async function sourceOf(host: string, name: string): Promise<string | null> {
  const answer = await engineFetch(host, `/images/${name}/json`);
  if (!answer.ok) return null;
  const image = (await answer.json()) as { Config?: { Labels?: Record<string, string> | null } };
  return image.Config?.Labels?.[SOURCE_LABEL] ?? null;
}

/** Imports the image; does nothing when the engine has the same one already. */
async function importImage(host: string, name: string): Promise<boolean> {
  const archive = await tar(busyboxRoot()).bytes();
  const source = Bun.hash(archive).toString(16);
  if ((await sourceOf(host, name)) === source) return false;
  const [repo, tag] = splitName(name);
  const query = new URLSearchParams({ fromSrc: "-", repo, tag });
  for (const change of ["ENV PATH=/bin", 'CMD ["sh"]', `LABEL ${SOURCE_LABEL}=${source}`])
    query.append("changes", change);
  const headers = { "content-type": "application/x-tar" };
  const answer = await engineFetch(host, `/images/create?${query}`, { method: "POST", body: archive, headers });
  await finish(answer, `importing the image ${name}`);
  return true;
}

/** On other systems than Linux there is no busybox to copy: the engine builds on Docker's busybox image, which it pulls. */
async function buildImage(host: string, name: string): Promise<boolean> {
  const dockerfile = `FROM busybox:stable\nCOPY www /www\nLABEL ${SOURCE_LABEL}=busybox-stable\n`;
  if ((await sourceOf(host, name)) === "busybox-stable") return false;
  const body = tar([...SKELETON, { kind: "file", name: "Dockerfile", mode: 0o644, content: dockerfile }]);
  const headers = { "content-type": "application/x-tar" };
  const query = new URLSearchParams({ t: name, rm: "1" });
  const answer = await engineFetch(host, `/build?${query}`, { method: "POST", body: await body.bytes(), headers });
  await finish(answer, `building the image ${name}`);
  return true;
}

function splitName(name: string): [repo: string, tag: string] {
  const colon = name.lastIndexOf(":");
  return colon > name.lastIndexOf("/") ? [name.slice(0, colon), name.slice(colon + 1)] : [name, "latest"];
}

/** Builds the image in the engine at `host` if it is missing or old. Returns true if it was built. */
export function ensureImage(host: string, name: string = DEMO_IMAGE): Promise<boolean> {
  return process.platform === "linux" ? importImage(host, name) : buildImage(host, name);
}

if (import.meta.main) {
  const engine = await findEngine();
  if ("problem" in engine) {
    process.stderr.write(`${engine.problem}\n`);
    process.exit(1);
  }
  const name = process.argv[2] ?? DEMO_IMAGE;
  const made = await ensureImage(engine.host, name);
  process.stdout.write(`${name} ${made ? "built" : "is up to date"}\n`);
}
