// The worker's own check of a policy, on real folders and symbolic links.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, realpathSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { NodePolicy } from "../../model/node/policy.ts";
import { type PackedContainer, unpackContainer } from "../../model/task/spec.ts";
import { RuntimeError } from "../../runtime/runtime-error.ts";
import { realPath } from "../data-dir/real-path.ts";
import { PolicyGuard } from "./policy-guard.ts";

let root: string;
beforeAll(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), "podling-policy-")));
  for (const name of ["open", "open/data", "open/later", "secret", "moved"]) mkdirSync(join(root, name));
  symlinkSync(join(root, "open/data"), join(root, "open/good"));
  symlinkSync(join(root, "secret"), join(root, "open/out"));
  symlinkSync(join(root, "open"), join(root, "alias"));
  symlinkSync("../secret", join(root, "open/relative"));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

function guard(more: Partial<NodePolicy> = {}): PolicyGuard {
  const policy = { binds: [join(root, "open")], privileged: false, hostNetwork: false, devices: false, ...more };
  return new PolicyGuard(policy, realPath);
}

function bindOf(path: string, more: Partial<PackedContainer> = {}) {
  const mount = { type: "bind" as const, source: path, target: "/d", readOnly: false, sizeBytes: null };
  return unpackContainer({ image: "nginx", mounts: [mount], ...more });
}

async function refusal(call: Promise<unknown>): Promise<RuntimeError> {
  const error = await call.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(RuntimeError);
  return error as RuntimeError;
}

describe("before a create", () => {
  test("a folder within, also by a link, is mounted by its real path", async () => {
    const sourceOf = async (path: string, policy = guard()) => (await policy.allowed(bindOf(path))).mounts[0]?.source;
    expect(await sourceOf(join(root, "open/data"))).toBe(join(root, "open/data"));
    expect(await sourceOf(join(root, "open/good"))).toBe(join(root, "open/data"));
    expect(await sourceOf(join(root, "alias/data"))).toBe(join(root, "open/data"));
    expect(await sourceOf(join(root, "open/data"), guard({ binds: [join(root, "alias")] }))).toBe(
      join(root, "open/data"),
    );
  });

  test.each(["open/out", "open/relative", "open/data/../../secret", "secret", "alias/out"])(
    "%s leads out",
    async (path) => {
      const error = await refusal(guard().allowed(bindOf(`${root}/${path}`)));
      expect(error).toMatchObject({ code: "policy-forbidden", temporary: false });
      expect(error.message).toContain(`and this one is of ${root}/secret`);
    },
  );

  test("a path that is not there is no reason to make it", async () => {
    expect(await refusal(guard().allowed(bindOf(join(root, "open/missing"))))).toMatchObject({
      code: "create-failed",
      message: `bind source path does not exist: ${join(root, "open/missing")}`,
    });
  });

  test("a path that cannot be read is refused", async () => {
    const blind = new PolicyGuard({ binds: ["/srv"], privileged: false, hostNetwork: false, devices: false }, () =>
      Promise.reject(new Error("permission denied")),
    );
    const error = await refusal(blind.allowed(bindOf("/srv/a")));
    expect(error).toMatchObject({ code: "policy-forbidden" });
    expect(error.message).toContain("permission denied");
  });

  test("other rights", async () => {
    const spec = unpackContainer({ image: "nginx", network: { mode: "host" } });
    expect((await refusal(guard().allowed(spec))).message).toBe(
      "the policy of this node allows no containers in its own network",
    );
    expect(await guard({ hostNetwork: true }).allowed(spec)).toEqual(spec);
  });

  test("without a policy the spec stays as it is, and no path is read", async () => {
    const open = new PolicyGuard(null, () => Promise.reject(new Error("read")));
    const spec = bindOf("/nowhere", { security: { privileged: true } });
    expect(await open.allowed(spec)).toBe(spec);
    await open.checkStart(spec, ["/nowhere"]);
  });
});

test("before a start: a folder that has become a link is refused", async () => {
  const path = join(root, "open/later");
  const spec = await guard().allowed(bindOf(path));
  await guard().checkStart(spec, [path]);
  renameSync(path, join(root, "moved/later"));
  symlinkSync(join(root, "secret"), path);
  expect(await refusal(guard().checkStart(spec, [path]))).toMatchObject({ code: "policy-forbidden" });
  // By what the container was created with, whatever the spec says by now.
  expect(await refusal(guard().checkStart(bindOf(join(root, "open/data")), [path]))).toMatchObject({
    code: "policy-forbidden",
  });
});
