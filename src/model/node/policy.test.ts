// What a task asks of a node, from its options, and what of it a policy forbids.

import { describe, expect, test } from "bun:test";
import { knownFeatures, needsOf, normalPath } from "../task/needs.ts";
import { type PackedContainer, unpackContainer } from "../task/spec.ts";
import { breachesOf, isWithin, type NodePolicy } from "./policy.ts";

const nothing: NodePolicy = { binds: [], privileged: false, hostNetwork: false, devices: false };
const mount = { type: "bind" as const, source: "/srv/a", target: "/d", readOnly: true, sizeBytes: null };

function needs(more: Partial<PackedContainer>) {
  return needsOf([unpackContainer({ image: "nginx", ...more })]);
}

describe("what a container needs", () => {
  test("nothing, for one that an engine runs anywhere", () => {
    expect(
      needs({ user: "root", ports: [{ hostPort: 1, containerPort: 2, protocol: "udp", hostIp: "::" }] }),
    ).toBeNull();
    expect(needs({ mounts: [{ ...mount, type: "volume", source: "data" }] })).toBeNull();
  });

  test.each([
    [{ network: { mode: "host" } }, { features: ["network"], hostNetwork: true }],
    [{ network: { mode: "bridge" } }, { features: ["network"], hostNetwork: false }],
    [{ devices: { paths: [{ host: "/dev/a", container: "/dev/a", permissions: "r" }] } }, { devices: true }],
    [{ devices: { gpus: { count: "all" } } }, { features: ["devices"], devices: true }],
    [{ devices: {} }, { devices: false }],
    [{ mounts: [{ ...mount, source: "/srv/../etc//x/" }] }, { features: [], binds: ["/etc/x"] }],
    [{ mounts: [{ ...mount, options: { selinux: "z" } }] }, { features: ["mount-options"], binds: ["/srv/a"] }],
    [{ cleared: ["command"] }, { features: ["cleared"], privileged: null }],
    [
      { ports: [{ hostPort: null, containerPort: 1, protocol: "sctp", hostIp: "::1" }] },
      { features: ["sctp"], privileged: null },
    ],
  ] as [Partial<PackedContainer>, object][])("%j", (more, expected) => {
    expect(needs(more)).toMatchObject(expected);
  });

  test.each(["startupProbe", "livenessProbe", "readinessProbe"] as const)("a worker must know %s", (probe) => {
    expect(needs({ [probe]: { tcp: { port: 80 } } })).toMatchObject({ features: [probe] });
  });

  test("all that a container may have is known to this release", () => {
    const every: Record<string, unknown> = {};
    for (const name of knownFeatures) every[name] = {};
    expect(knownFeatures).toEqual(
      expect.arrayContaining(needs(every as Partial<PackedContainer>)!.features as string[]),
    );
  });
});

describe("as good as root on the node", () => {
  test.each([
    [{ security: { privileged: true } }, "is privileged"],
    [{ security: { capAdd: ["CHOWN", "cap_sys_admin"] } }, "adds the capability SYS_ADMIN"],
    [{ security: { capAdd: ["ALL"] } }, "adds the capability ALL"],
    [{ security: { options: ["seccomp=unconfined"] } }, "sets the security option seccomp=unconfined"],
    [{ security: { options: ["systempaths=unconfined"] } }, "sets the security option systempaths=unconfined"],
    [{ security: { options: ["apparmor:unconfined"] } }, "sets the security option apparmor:unconfined"],
    [{ security: { options: ["label=disable"] } }, "sets the security option label=disable"],
    [{ logging: { driver: "syslog", options: { tag: "a" } } }, "has the log driver syslog"],
    [{ logging: { options: { "gelf-address": "udp://10.0.0.1:12201" } } }, "sets the log option gelf-address"],
    [{ logging: { driver: "json-file", options: { path: "/etc/cron.d/a" } } }, "sets the log option path"],
    [
      {
        mounts: [
          {
            ...mount,
            type: "volume",
            source: "v",
            options: { driverOptions: { type: "none", o: "bind", device: "/" } },
          },
        ],
      },
      "mounts a volume with a driver or driver options",
    ],
    [{ security: { options: ["no-new-privileges=false"] } }, "sets the security option no-new-privileges=false"],
    [{ security: { options: ["seccomp=builtin"] } }, "sets the security option seccomp=builtin"],
    [{ security: { groupAdd: ["keep-groups"] } }, "keeps the groups of the engine's user"],
  ] as [Partial<PackedContainer>, string][])("%j", (more, privileged) => {
    expect(needs(more)?.privileged).toBe(privileged);
    expect(breachesOf(nothing, needs(more))).toMatchObject([{ flag: "--allow-privileged" }]);
    expect(breachesOf({ ...nothing, privileged: true }, needs(more))).toEqual([]);
  });

  test.each([
    [{ security: { privileged: false, readOnly: true, capDrop: ["ALL"], groupAdd: ["0"] } }],
    [{ security: { capAdd: ["NET_BIND_SERVICE", "CAP_CHOWN", "net_raw"] } }],
    [{ logging: { driver: "local", options: { "max-size": "10m", "max-file": "3", "labels-regex": "a" } } }],
    [{ logging: { driver: "none" } }],
    [{ logging: { options: { "max-size": "10m" } } }],
    [{ security: { options: ["no-new-privileges", "no-new-privileges:true"] } }],
  ] as [Partial<PackedContainer>][])("not: %j", (more) => {
    expect(needs(more)?.privileged).toBeNull();
    expect(breachesOf(nothing, needs(more))).toEqual([]);
  });
});

test("without a policy everything is allowed", () => {
  const everything = needs({ network: { mode: "host" }, security: { privileged: true }, mounts: [mount] });
  expect(breachesOf(null, everything)).toEqual([]);
});

test("each breach names the flag that would allow it", () => {
  const all = needs({
    ...{ network: { mode: "host" }, security: { privileged: true }, devices: { gpus: { count: 1 } } },
    mounts: [mount, { ...mount, source: "/etc" }],
  });
  expect(breachesOf({ ...nothing, binds: ["/srv"] }, all).map(({ flag }) => flag)).toEqual([
    ...["--allow-privileged", "--allow-host-network", "--allow-device", "--allow-bind /etc"],
  ]);
});

test.each([
  ["/srv", ["/srv"], true],
  ["/srv/a", ["/srv"], true],
  ["/srvx", ["/srv"], false],
  ["/", ["/srv"], false],
  ["/etc", ["/"], true],
  ["/srv/a", [], false],
  ["/srv/a", ["/srv/a/b", "/srv/a"], true],
])("%s within %j: %j", (path, folders, within) => {
  expect(isWithin(path, folders)).toBe(within);
});

test.each([
  ["/a/./b//c/", "/a/b/c"],
  ["/a/../..//b", "/b"],
  ["/", "/"],
])("the normal path of %s is %s", (path, normal) => {
  expect(normalPath(path)).toBe(normal);
});
