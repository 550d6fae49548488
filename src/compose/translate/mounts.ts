// Volumes, folders and memory in a container. The names of volumes are those of their records.

import type { Context } from "./context.ts";
import type { Draft } from "./draft.ts";
import { extended, mountKeys } from "./extension.ts";
import type { Source } from "./source.ts";

export function addMounts(draft: Draft, service: Source, context: Context): void {
  for (const volume of service.at("volumes").items()) {
    const mount = mountOf(volume, context);
    if (mount) draft.add("mounts", mount, volume);
  }
  for (const tmpfs of service.at("tmpfs").items()) draft.add("mounts", memoryMount(tmpfs, context), tmpfs);
}

/** Null for a type that is refused. */
function mountOf(volume: Source, context: Context): object | null {
  const type = volume.at("type").text;
  if (type === undefined) return null;
  for (const other of ["bind", "volume", "tmpfs"].filter((one) => one !== type && volume.at(one).isGiven)) {
    if (
      other === "bind" &&
      type === "volume" &&
      volume
        .at("bind")
        .entries()
        .every(([key]) => key === "selinux")
    )
      continue;
    const why = `a mount of the type ${type} has no options of a ${other}`;
    context.problems.warn(volume.at(other).path, why, `Remove them, or write type: ${other}.`);
  }
  const target = volume.at("target").text;
  const source = volume.at("source").text;
  const readOnly = volume.at("read_only").flag === true ? { readOnly: true } : {};
  const consistency = volume.at("consistency").text;
  const options = { ...optionsOf(type, volume, context), ...(consistency ? { consistency } : {}) };
  const given = Object.keys(options).length > 0 ? { options } : {};
  if (type === "tmpfs") {
    const size = volume.at("tmpfs", "size").bytes;
    return { type, target, ...readOnly, ...(size === undefined || size === 0 ? {} : { sizeBytes: size }), ...given };
  }
  if (type === "bind") return { type, source, target, ...readOnly, ...given };
  return { type, source: source === undefined ? "" : volumeName(source, context), target, ...readOnly, ...given };
}

function optionsOf(type: string, volume: Source, context: Context): object {
  if (type === "tmpfs") {
    const mode = volume.at("tmpfs", "mode");
    const more = extended(volume.at("x-podling"), mountKeys, context.problems);
    return { ...(mode.isGiven ? { mode: modeOf(mode) } : {}), ...more };
  }
  if (type === "bind") {
    const [propagation, selinux] = [volume.at("bind", "propagation").text, volume.at("bind", "selinux").text];
    return {
      ...(propagation ? { propagation } : {}),
      ...(selinux ? { selinux } : {}),
      ...(volume.at("bind", "recursive").text === "disabled" ? { nonRecursive: true } : {}),
    };
  }
  const labels = volume.at("volume", "labels").record;
  const source = volume.at("source").text;
  return {
    ...(volume.at("bind", "selinux").isGiven ? { selinux: volume.at("bind", "selinux").text } : {}),
    ...(volume.at("volume", "nocopy").flag === true ? { noCopy: true } : {}),
    ...(source === undefined ? {} : driverOf(context.root.at("volumes", source))),
    ...(labels ? { labels } : {}),
  };
}

/** True for a volume whose data Podling does not know the place of: its driver does. */
export function hasDriver(volume: Source): boolean {
  const driver = volume.at("driver").text ?? "local";
  return driver !== "local" || volume.at("driver_opts").record !== undefined;
}

/** A volume with a driver has no record: each mount names the driver. */
function driverOf(volume: Source): object {
  if (!hasDriver(volume)) return {};
  const [options, labels] = [volume.at("driver_opts").record, volume.at("labels").record];
  return {
    driver: volume.at("driver").text ?? "local",
    ...(options ? { driverOptions: options } : {}),
    ...(labels ? { labels } : {}),
  };
}

/** The name of the record of a volume of the file. */
export function volumeName(name: string, { root, member }: Context): string {
  const volume = root.at("volumes", name);
  return volume.at("name").text ?? (volume.at("external").flag === true ? name : member(name));
}

/** "0440" and 288 are the same. */
export function modeOf(mode: Source): unknown {
  return typeof mode.value === "string" && /^0?o?[0-7]{1,5}$/.test(mode.value)
    ? Number.parseInt(mode.value.replace(/^0?o/, ""), 8)
    : mode.value;
}

/** "/run:size=64m,mode=1777,noexec" */
function memoryMount(tmpfs: Source, { problems }: Context): object {
  const [target = "", list = ""] = (tmpfs.text ?? "").split(/:(.*)/s, 2);
  const mount: Record<string, unknown> = { type: "tmpfs", target };
  const options: Record<string, unknown> = {};
  const flags: string[] = [];
  for (const option of list === "" ? [] : list.split(",")) {
    const [name, value = ""] = option.split(/=(.*)/s, 2);
    if (option === "ro") mount.readOnly = true;
    else if (name === "size" && !value.endsWith("%")) mount.sizeBytes = tmpfs.with(value).bytes;
    else if (name === "mode" && /^[0-7]{1,5}$/.test(value)) options.mode = Number.parseInt(value, 8);
    else if (name === "mode") problems.error(tmpfs.path, `${option}: no octal number`, "Write mode=1777, for example.");
    else if (option !== "rw") flags.push(option);
  }
  if (flags.length > 0) options.flags = flags;
  return Object.keys(options).length > 0 ? { ...mount, options } : mount;
}
