// The only place where an engine's messages are read: if the HTTP status is not enough, the message decides the code.

import type { ReasonCode } from "../../model/task/reason.ts";
import { RuntimeError, SignalRefused } from "../runtime-error.ts";

/** The engine's message. */
export async function engineMessage(response: Response): Promise<string> {
  const text = await response.text();
  try {
    return (JSON.parse(text) as { message?: string }).message?.trim() || text;
  } catch {
    return text.trim() || `HTTP ${response.status}`;
  }
}

const pullPatterns: [pattern: RegExp, code: ReasonCode, temporary: boolean][] = [
  [
    /unauthorized|authentication required|no basic auth|incorrect username|access forbidden|403 Forbidden/i,
    "registry-denied",
    false,
  ],
  [
    /manifest unknown|not found|does not exist|no matching manifest|name unknown|invalid reference/i,
    "image-not-found",
    false,
  ],
  [/denied/i, "registry-denied", false],
];

/** Of a pull that failed. A failure that is not known to be final is temporary: the network, the registry. */
export function pullError(image: string, message: string): RuntimeError {
  const known = pullPatterns.find(([pattern]) => pattern.test(message));
  if (known) return new RuntimeError(known[1], `${image}: ${message}`, known[2]);
  return new RuntimeError("registry-unreachable", `${image}: ${message}`, true);
}

/** A full disk is no fault of the container: the same request succeeds when some space is free. */
const fullDisk = /no space left on device|disk quota exceeded/i;

export function createError(message: string): RuntimeError {
  return new RuntimeError("create-failed", message, fullDisk.test(message));
}

/** What engines put around the cause: the programs that passed it on, and ids. */
const wrapping =
  /^(failed to create (shim )?task( for container)?: |OCI runtime (create|start) failed: |(crun|runc)( create failed)?: |container_linux\.go:\d+: starting container process caused: |unable to start container process: |error during container init: |driver failed programming external connectivity on endpoint \S+ \([0-9a-f]+\): )+/;

/** 'exec: "web": executable file not found in $PATH' of a message that names each program on its way. */
function plainCause(message: string): string {
  return message.replace(wrapping, "").replace(/(: unknown)+$/, "");
}

/** The address that the engine names, in a sentence; its own words if it names none. */
function takenSentence(message: string): string {
  const at = /(?:listen (?:tcp|udp)\d? |Bind for )(\S+:\d+)(?=:| failed)/.exec(message)?.[1];
  return at === undefined ? message : `the host port ${at} is in use by another program or container of the node`;
}

export function startError(status: number, answered: string): RuntimeError {
  const message = plainCause(answered);
  // It was removed since it was created, or that whose network it joins; other 404s name something that the container needs.
  if (status === 404 && /no such container|no container with/i.test(message)) {
    return new RuntimeError("container-lost", message, true);
  }
  if (saysNetworkIsGone(message)) {
    return new RuntimeError("container-lost", message, true);
  }
  // Temporary, because a container that has just ended may still hold the port.
  const exitCode = startExitCode(message);
  const taken = /port is already allocated|address already in use|ports are not available/i.test(message);
  if (taken) return new RuntimeError("port-in-use", takenSentence(message), true, { exitCode });
  const bridge = /could not find bridge (\S+?):/.exec(message)?.[1];
  if (bridge !== undefined) {
    const what = `the bridge network of the engine is broken: the interface ${bridge} does not exist`;
    return new RuntimeError(
      "start-failed",
      `${what}. Restart Docker on the node (sudo systemctl restart docker)`,
      false,
      {
        exitCode,
      },
    );
  }
  if (saysBridgeIsMissing(message)) {
    return new RuntimeError("start-failed", `the engine has no bridge network. ${bridgeNoneAdvice}`, false, {
      exitCode,
    });
  }
  // The engine keeps its containers over a crash (live-restore) and crashed in the middle of this start: containerd still
  // has a half-started container or its task, which the engine does not know and never removes.
  const unusable =
    /^(.*: )?(task \S+: already exists|id already in use|failed to start shim: mkdir \S+: file exists)$/.test(message);
  return new RuntimeError("start-failed", message, unusable || fullDisk.test(message), { unusable, exitCode });
}

/** True when the container whose network is to be joined does not run, or is gone. */
function saysNetworkIsGone(message: string): boolean {
  return /cannot join network (namespace )?of a non[- ]running container|(no such|not find) container: [0-9a-f]{64}|joining network namespace of container|netns of container .* is not running|container .* is not running, can't join|lstat \/proc\/\d+\/ns\/net/i.test(
    message,
  );
}

/** Why a signal was not sent. Null if the engine failed: older ones answer 500 to a signal that does not exist. */
export function signalRefusal(status: number, message: string): SignalRefused | null {
  if (status === 404) return new SignalRefused("no-container", message);
  // Podman answers 500.
  if (status === 409 || /can only kill running containers/i.test(message))
    return new SignalRefused("not-running", message);
  if (status === 400 || /(invalid|unknown|no such) signal/i.test(message))
    return new SignalRefused("no-such-signal", message);
  return null;
}

/** True when the engine has no network of the name "bridge", which containers join unless their task says otherwise. */
export function saysBridgeIsMissing(message: string): boolean {
  return /^network bridge not found$/i.test(message.trim());
}

export const bridgeNoneAdvice =
  'Remove --bridge none from the flags of dockerd, or "bridge": "none" from /etc/docker/daemon.json, and restart Docker (sudo systemctl restart docker)';

/** Engines note numbers of their own (128, 127) on a container whose start failed, whatever the cause was. */
function startExitCode(message: string): number {
  if (/executable file .*not found|command that was not found|\bexec\b.*no such file or directory/i.test(message))
    return 127;
  if (/\bexec\b.*(permission denied|is a directory|exec format error)/i.test(message)) return 126;
  return 125;
}

/** True when a create was refused because another container has the name; Podman answers it with 500. */
export function saysNameIsTaken(status: number, message: string): boolean {
  return status === 409 || /\bname "[^"]*" is already in use\b/i.test(message);
}

/** True when a create was refused because of the image, rather than of a volume or a network. */
export function saysImageIsMissing(message: string): boolean {
  return /no such image|image not known|unable to find image|does not (match|provide) the specified platform/i.test(
    message,
  );
}
