// Answers of engines in the forms of the published API description, for engines on which no test has run. Only what differs
// between versions, or what Podling reads, is in them. Each group names its source. Paths are those of moby/moby.

import { frameOf } from "../../../src/lib/frames.ts";

export interface PublishedEngine {
  engine: string;
  api: string;
  /** From `GET /version`. Engine 29.0 to 29.2 take 1.44 and newer, 29.3 and newer again 1.40 (release notes of Docker Engine 29). */
  minApi: string;
  containerdStore: boolean;
  /** The newest form of each answer that this engine gives. */
  since152: boolean;
}

export const publishedEngines: readonly PublishedEngine[] = [
  { engine: "25.0.0", api: "1.44", minApi: "1.24", containerdStore: false, since152: false },
  { engine: "28.0.0", api: "1.48", minApi: "1.24", containerdStore: false, since152: false },
  { engine: "29.0.0", api: "1.52", minApi: "1.44", containerdStore: true, since152: true },
  // No release drops 1.47 yet. This row is how one would look.
  { engine: "29 (a later one)", api: "1.60", minApi: "1.53", containerdStore: true, since152: true },
];

export const container = "4fa6e0f0c6786287e131c3852c58a2e01cc697a68231826813597e4994f1d6e2";
export const index = `sha256:${"a".repeat(64)}`;
const driverType = [["driver-type", "io.containerd.snapshotter.v1"]];

/** Source: api/docs/v1.44.yaml, v1.48.yaml, v1.52.yaml, definition SystemInfo; api/docs/CHANGELOG.md (`Containerd` since 1.46). */
export function info({ engine, containerdStore }: PublishedEngine) {
  return {
    ID: "7TRN:IPZB:QYBB:VPBQ:UMPP:KARE:6ZNR:XE6T:7EWV:PKF4:ZOJD:TPYS",
    ServerVersion: engine,
    OperatingSystem: "Debian GNU/Linux 13 (trixie)",
    OSType: "linux",
    Architecture: "x86_64",
    NCPU: 4,
    MemTotal: 2095882240,
    Name: "another-machine",
    DockerRootDir: "/var/lib/docker",
    Driver: containerdStore ? "overlayfs" : "overlay2",
    DriverStatus: containerdStore ? driverType : [["Backing Filesystem", "extfs"]],
    ...(containerdStore
      ? {
          Containerd: {
            Address: "/run/containerd/containerd.sock",
            Namespaces: { Containers: "moby", Plugins: "plugins.moby" },
          },
        }
      : {}),
  };
}

/**
 * Source: the same files, definition ContainerInspectResponse. From 1.52 on `NetworkSettings` has no addresses of its own,
 * and `Config.OnBuild` is left out (CHANGELOG.md, v1.52).
 */
export function inspected({ since152, containerdStore }: PublishedEngine, labels: Record<string, string>) {
  const old = since152
    ? {}
    : { Bridge: "", HairpinMode: false, IPAddress: "172.17.0.2", MacAddress: "02:42:ac:11:00:02" };
  return {
    Id: container,
    Created: "2025-11-10T12:00:00.123456789Z",
    State: {
      ...{
        Status: "running",
        Running: true,
        Paused: false,
        Restarting: false,
        OOMKilled: false,
        Dead: false,
        Pid: 1234,
      },
      ...{ ExitCode: 0, Error: "", StartedAt: "2025-11-10T12:00:01.123456789Z", FinishedAt: "0001-01-01T00:00:00Z" },
    },
    Image: index,
    ...(containerdStore ? { ImageManifestDescriptor: { digest: `sha256:${"b".repeat(64)}`, size: 424 } } : {}),
    HostConfig: { LogConfig: { Type: "json-file", Config: {} } },
    Config: { Labels: labels, ...(since152 ? {} : { OnBuild: null, Env: [] }) },
    NetworkSettings: {
      ...old,
      Ports: {
        "80/tcp": [
          { HostIp: "0.0.0.0", HostPort: "8080" },
          { HostIp: "::", HostPort: "8080" },
        ],
        "443/tcp": null,
      },
      Networks: { bridge: { IPAddress: "172.17.0.2", GwPriority: 0, DNSNames: null } },
    },
  };
}

/** Source: definition ContainerSummary. */
export const listed = {
  ...{ Id: container, Names: ["/web"], ImageID: index },
  Mounts: [{ Type: "volume", Name: "data" }],
};

/** Source: `GET /networks/{id}`, definition Network; the same in all of these versions. */
export const bridge = {
  ...{ Name: "bridge", Id: "7583fadf4ee440c7da85ba5a833a3a86c28d59373800dcc765240b8c8358894c", Scope: "local" },
  ...{ Driver: "bridge", EnableIPv6: false, Internal: false, Attachable: false, Ingress: false, ConfigOnly: false },
  IPAM: { Driver: "default", Options: null, Config: [{ Subnet: "172.17.0.0/16", Gateway: "172.17.0.1" }] },
  Containers: {},
  Options: {
    "com.docker.network.bridge.default_bridge": "true",
    "com.docker.network.bridge.name": "docker0",
    "com.docker.network.driver.mtu": "1500",
  },
};

/** Source: daemon/network.go (`ErrNoSuchNetwork` of libnetwork). Docker 20.10 answers in the same words. */
export const networkMissing = (name: string) => ({ message: `network ${name} not found` });

/** Source: definition ImageSummary. No `VirtualSize` since 1.44, empty lists for names since 1.43, `Descriptor` since 1.48. */
export function images({ containerdStore }: PublishedEngine) {
  const descriptor = containerdStore ? { Descriptor: { mediaType: "application/vnd.oci.image.index.v1+json" } } : {};
  return [
    {
      ...{ Id: index, ParentId: "", RepoTags: ["nginx:1.27"], RepoDigests: [`nginx@${index}`], Created: 1644009612 },
      ...{ Size: 172064416, SharedSize: -1, Labels: null, Containers: containerdStore ? 1 : -1, ...descriptor },
    },
    { Id: `sha256:${"c".repeat(64)}`, ParentId: "", RepoTags: [], RepoDigests: [], Created: 0, Size: 1, Containers: 0 },
  ];
}

/** Source: definition ImageInspect. `Config` has only what is set, `Parent` is left out if empty (CHANGELOG.md, v1.50, v1.52). */
export function image({ since152 }: PublishedEngine) {
  return {
    ...{ Id: index, RepoTags: ["nginx:1.27"], RepoDigests: [`nginx@${index}`], Size: 172064416, Os: "linux" },
    ...(since152
      ? { Config: { Cmd: ["nginx"] } }
      : { Parent: "", Comment: "", Config: { Hostname: "", Cmd: ["nginx"] } }),
  };
}

/**
 * Source: definition CreateImageInfo. `error` is left empty or out in a later version (CHANGELOG.md, v1.48): `errorDetail` stays.
 * With containerd's store "Extracting" counts seconds and has no total.
 */
export function pull({ since152 }: PublishedEngine, failure: string | null): string {
  const message = failure ?? "";
  const events = [
    { status: "Pulling from library/nginx", id: "1.27" },
    {
      status: "Downloading",
      progressDetail: { current: 512, total: 1024 },
      ...(since152 ? {} : { progress: "[=> ]" }),
      id: "a",
    },
    { status: "Extracting", progressDetail: { current: 1, units: "s" }, id: "a" },
    failure === null
      ? { status: "Status: Downloaded newer image for nginx:1.27" }
      : { errorDetail: { message }, ...(since152 ? {} : { error: message }) },
  ];
  return events.map((event) => `${JSON.stringify(event)}\r\n`).join("");
}

/** Source: `GET /system/df`. From 1.52 on with `verbose` only the new form; the old one is gone in 1.53 (CHANGELOG.md). */
export function usage({ since152 }: PublishedEngine, verbose: boolean) {
  const volume = { Name: "data", Driver: "local", Labels: null, UsageData: { RefCount: 1, Size: 10920104 } };
  if (!since152 || !verbose) return { LayersSize: 0, Images: [], Containers: [], Volumes: [volume], BuildCache: [] };
  return { VolumeUsage: { TotalCount: 1, ActiveCount: 1, TotalSize: 10920104, Reclaimable: 0, Items: [volume] } };
}

/** Source: definition EventMessage. `status`, `id` and `from` are gone in 1.52. */
export function event({ since152 }: PublishedEngine, labels: Record<string, string>) {
  const old = since152 ? {} : { status: "die", id: container, from: "nginx" };
  const actor = { ID: container, Attributes: { ...labels, exitCode: "0" } };
  return { ...old, Type: "container", Action: "die", Actor: actor, scope: "local", time: 1, timeNano: 1 };
}

/** Source: `POST /containers/{id}/attach`, "Stream format"; logs have no other form in any of these versions. */
export function log(lines: readonly string[]): Uint8Array {
  return Buffer.concat(
    lines.map((text, second) => frameOf("stdout", Buffer.from(`2025-11-10T12:00:0${second}.000000000Z ${text}\n`))),
  );
}

/** Source: daemon/server/middleware/version.go. */
export const tooOld = (asked: string, minApi: string) => ({
  message: `client version ${asked} is too old. Minimum supported API version is ${minApi}, please upgrade your client to a newer version`,
});
