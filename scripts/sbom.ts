// Prints what the executables contain besides Podling, as a CycloneDX 1.6 document: the runtime and the bundled packages,
// with versions, licences and the hashes of the lock file.

import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";

interface LockedPackage {
  version: string;
  resolved?: string;
  integrity?: string;
  license?: string;
  dev?: boolean;
  optional?: boolean;
}

const root = resolve(import.meta.dir, "..");
const json = <T>(path: string) => JSON.parse(readFileSync(join(root, path), "utf8")) as T;

const { name, version, license } = json<{ name: string; version: string; license: string }>("package.json");
const { packages } = json<{ packages: Record<string, LockedPackage> }>("package-lock.json");

/** Packages for development of which a part is in build/compose, which every executable contains. */
const compiledIn = ["node_modules/ajv", "node_modules/fast-deep-equal"];

/** Packages that every executable contains. The runtime's packages for the single platforms are the same program as `bun`. */
const bundled = Object.entries(packages)
  .filter(
    ([path, { dev, optional }]) => (path.startsWith("node_modules/") && !dev && !optional) || compiledIn.includes(path),
  )
  .map(([path, locked]) => ({ name: path.slice("node_modules/".length), ...locked }))
  .sort((left, right) => (left.name < right.name ? -1 : 1));

const reference = (of: { name: string; version: string }) => `pkg:npm/${of.name.replace("@", "%40")}@${of.version}`;

/** `sha512-BASE64` as a hash of CycloneDX. */
function hashOf(integrity: string): { alg: string; content: string } {
  const [algorithm, base64] = integrity.split("-") as [string, string];
  return { alg: algorithm.replace("sha", "SHA-"), content: Buffer.from(base64, "base64").toString("hex") };
}

const component = {
  type: "application",
  name,
  version,
  "bom-ref": reference({ name, version }),
  purl: reference({ name, version }),
  licenses: [{ license: { id: license } }],
};

process.stdout.write(
  `${JSON.stringify(
    {
      bomFormat: "CycloneDX",
      specVersion: "1.6",
      version: 1,
      metadata: {
        timestamp: new Date(Number(process.env.SOURCE_DATE_EPOCH ?? Date.now() / 1000) * 1000).toISOString(),
        component,
      },
      components: bundled.map((one) => ({
        type: one.name === "bun" ? "platform" : "library",
        name: one.name,
        version: one.version,
        "bom-ref": reference(one),
        purl: reference(one),
        ...(one.license ? { licenses: [{ license: { id: one.license } }] } : {}),
        ...(one.integrity ? { hashes: [hashOf(one.integrity)] } : {}),
      })),
      dependencies: [{ ref: component["bom-ref"], dependsOn: bundled.map(reference) }],
    },
    null,
    2,
  )}\n`,
);
