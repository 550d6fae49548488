// -v, --tmpfs and --mount in docker's forms.

import { describe, expect, test } from "bun:test";
import { parseMount, parseTmpfs, parseVolume } from "./mounts.ts";

type Mount = ReturnType<typeof parseMount>;

describe("-v", () => {
  test.each([
    ["data:/d", { type: "volume", source: "data", target: "/d" }],
    ["/srv:/d:ro", { type: "bind", source: "/srv", target: "/d", readOnly: true }],
    ["data:/d:rw", { type: "volume", source: "data", target: "/d" }],
    ["/data", { type: "volume", target: "/data" }],
    ["/srv:/d:z", { type: "bind", source: "/srv", target: "/d", options: { selinux: "z" } }],
    ["data:/d:Z", { type: "volume", source: "data", target: "/d", options: { selinux: "Z" } }],
    [
      "/srv:/d:ro,rshared",
      { type: "bind", source: "/srv", target: "/d", readOnly: true, options: { propagation: "rshared" } },
    ],
    ["/srv:/d:cached", { type: "bind", source: "/srv", target: "/d", options: { consistency: "cached" } }],
    ["data:/d:nocopy", { type: "volume", source: "data", target: "/d", options: { noCopy: true } }],
  ] as [string, Mount][])("%s", (text, mount) => {
    expect(parseVolume(text)).toEqual(mount);
  });

  test.each([
    ["only", "must begin with"],
    [":/d", "the source is missing"],
    ["./here:/d", "a relative path has no meaning on another node"],
    ["~/x:/d", "a relative path"],
    ["rel/path:/d", "a relative path"],
    ["a b:/d", '"a b" is no name of a volume'],
    ["data:d", "must begin with"],
    ["data:/d:rshared", '"rshared" is no mode of a volume'],
    ["/srv:/d:nocopy", '"nocopy" is no mode of a bind mount'],
    ["a:/b:ro:x", "too many parts"],
  ])("%s is refused", (text, says) => {
    expect(() => parseVolume(text)).toThrow(says);
  });
});

describe("--tmpfs", () => {
  test.each([
    ["/run", { type: "tmpfs", target: "/run" }],
    ["/run:64m", { type: "tmpfs", target: "/run", sizeBytes: "64m" }],
    ["/run:size=64m", { type: "tmpfs", target: "/run", sizeBytes: "64m" }],
    ["/run:rw,size=64m,mode=1777", { type: "tmpfs", target: "/run", sizeBytes: "64m", options: { mode: 0o1777 } }],
    [
      "/run:ro,noexec,uid=1000,size=50%",
      { type: "tmpfs", target: "/run", readOnly: true, options: { flags: ["noexec", "uid=1000", "size=50%"] } },
    ],
  ] as [string, Mount][])("%s", (text, mount) => {
    expect(parseTmpfs(text)).toEqual(mount);
  });

  test("what is none is refused", () => {
    expect(() => parseTmpfs("run")).toThrow("expected an absolute path");
    expect(() => parseTmpfs("/run:mode=9")).toThrow("expected an octal number");
  });
});

describe("--mount", () => {
  test.each([
    ["type=bind,source=/srv,target=/d,readonly", { type: "bind", source: "/srv", target: "/d", readOnly: true }],
    ["type=bind,src=/srv,dst=/d,ro=false", { type: "bind", source: "/srv", target: "/d" }],
    ["source=data,destination=/d", { type: "volume", source: "data", target: "/d" }],
    ["target=/d", { type: "volume", target: "/d" }],
    [
      "type=bind,source=/srv,target=/d,bind-propagation=rslave,bind-recursive=disabled,consistency=cached",
      {
        ...{ type: "bind", source: "/srv", target: "/d" },
        options: { propagation: "rslave", nonRecursive: true, consistency: "cached" },
      },
    ],
    [
      'type=volume,source=data,target=/d,volume-driver=local,volume-opt=type=nfs,"volume-opt=o=addr=10.0.0.1,rw",volume-label=a=b,volume-nocopy',
      {
        ...{ type: "volume", source: "data", target: "/d" },
        options: {
          ...{ driver: "local", driverOptions: { type: "nfs", o: "addr=10.0.0.1,rw" } },
          ...{ labels: { a: "b" }, noCopy: true },
        },
      },
    ],
    [
      "type=tmpfs,target=/t,tmpfs-size=64m,tmpfs-mode=1770",
      { type: "tmpfs", target: "/t", sizeBytes: "64m", options: { mode: 0o1770 } },
    ],
  ] as [string, Mount][])("%s", (text, mount) => {
    expect(parseMount(text)).toEqual(mount);
  });

  test.each([
    ["type=image,source=a,target=/d", '"image" is none of bind, volume, tmpfs'],
    ["type=bind,source=/srv", "the target is missing"],
    ["type=bind,source=.,target=/d", "a relative path"],
    ["type=volume,target=/d,volume-subpath=x", "is not among the keys that Podling knows"],
    ["type=volume,target", "target has no value"],
    ["type=bind,source=/a,target=/d,readonly=maybe", "expected true or false"],
    ["type=bind,source=/a,target=/d,bind-propagation=x", "expected private, rprivate"],
    ['type=volume,"target=/d', "a quote is not closed"],
  ])("%s is refused", (text, says) => {
    expect(() => parseMount(text)).toThrow(says);
  });
});
