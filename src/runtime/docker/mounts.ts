// The mounts of a container in the form of the Engine API, which has three of them: `Mounts` for most, `Binds` for those that
// are relabelled for SELinux, and `Tmpfs` for folders in memory with mount options. Pure.

import { ownerLabels } from "../../model/cluster/cluster.ts";
import type { Mount } from "../../model/task/spec.ts";

type Fields = Record<string, unknown>;

/** A volume that a mount creates gets the labels of cluster and node; a volume that exists keeps its labels. */
export function mountFields(mounts: readonly Mount[], labels: Readonly<Record<string, string>>): Fields {
  const binds = mounts.filter(isRelabelled);
  const tmpfs = mounts.filter(hasFlags);
  const others = mounts.filter((mount) => !isRelabelled(mount) && !hasFlags(mount));
  return {
    Mounts: others.map((mount) => mountBody(mount, labels)),
    ...(binds.length > 0 ? { Binds: binds.map(bindText) } : {}),
    ...(tmpfs.length > 0 ? { Tmpfs: Object.fromEntries(tmpfs.map((mount) => [mount.target, tmpfsText(mount)])) } : {}),
  };
}

/** The engine makes an unlabelled volume for such a mount, if there is none of its name. */
export function isRelabelled({ options }: Mount): boolean {
  return options?.selinux !== undefined;
}

function hasFlags({ type, options }: Mount): boolean {
  return type === "tmpfs" && options?.flags !== undefined;
}

function mountBody(mount: Mount, labels: Readonly<Record<string, string>>): Fields {
  const { type, source, target, readOnly, options } = mount;
  return {
    Type: type,
    Target: target,
    ReadOnly: readOnly,
    // Without a source, the engine makes a volume of the container's own.
    ...(source === "" ? {} : { Source: source }),
    ...(options?.consistency ? { Consistency: options.consistency } : {}),
    ...ofType(mount, labels),
  };
}

function ofType({ type, sizeBytes, options }: Mount, labels: Readonly<Record<string, string>>): Fields {
  if (type === "volume") {
    const { noCopy, driver, driverOptions } = options ?? {};
    const config = driver || driverOptions ? { Name: driver ?? "local", Options: driverOptions ?? {} } : undefined;
    return {
      VolumeOptions: {
        Labels: { ...options?.labels, ...ownerLabels(labels) },
        ...(noCopy ? { NoCopy: true } : {}),
        ...(config ? { DriverConfig: config } : {}),
      },
    };
  }
  if (type === "bind") {
    const { propagation, nonRecursive } = options ?? {};
    if (propagation === undefined && !nonRecursive) return {};
    return {
      BindOptions: {
        ...(propagation ? { Propagation: propagation } : {}),
        ...(nonRecursive ? { NonRecursive: true } : {}),
      },
    };
  }
  const { mode } = options ?? {};
  if (sizeBytes === null && mode === undefined) return {};
  return {
    TmpfsOptions: {
      ...(sizeBytes === null ? {} : { SizeBytes: sizeBytes }),
      ...(mode === undefined ? {} : { Mode: mode }),
    },
  };
}

function bindText({ source, target, readOnly, options = {} }: Mount): string {
  const modes = [readOnly ? "ro" : "rw", options.selinux, options.propagation, options.consistency];
  return `${source}:${target}:${modes.filter((mode) => mode !== undefined).join(",")}`;
}

function tmpfsText({ readOnly, sizeBytes, options = {} }: Mount): string {
  return [
    ...(readOnly ? ["ro"] : []),
    ...(options.flags ?? []),
    ...(sizeBytes === null ? [] : [`size=${sizeBytes}`]),
    ...(options.mode === undefined ? [] : [`mode=${options.mode.toString(8)}`]),
  ].join(",");
}
