// The short form of a mount: [SOURCE:]TARGET[:OPTIONS]. A source that starts with `.`, `/` or `~` is a file or folder of the
// host; any other one is a named volume.

import { posix } from "node:path";
import type { Place } from "../findings.ts";
import { made, pathText, type Tree, textOf } from "../tree/tree.ts";
import type { FormContext } from "./form-context.ts";

const propagations = ["rprivate", "private", "rshared", "shared", "rslave", "slave"];
const consistencies = ["cached", "consistent", "delegated"];

export function longVolume(tree: Tree, { path, findings }: FormContext): Tree {
  const text = textOf(tree);
  if (text === undefined) return tree;
  const parts = text.split(/(?<!^[A-Za-z]):/);
  if (parts.length > 3 || parts.some((part) => part === "")) {
    const why = `${JSON.stringify(text)} is no mount`;
    findings.error(tree.place, pathText(path), why, "Write SOURCE:TARGET or SOURCE:TARGET:ro.");
    return tree;
  }
  const [source, target, options = ""] = parts.length === 1 ? [undefined, parts[0]!] : parts;
  const read: { read_only?: boolean; consistency?: string; propagation?: string; selinux?: string; nocopy?: boolean } =
    {};
  for (const option of options.split(",")) {
    if (option === "ro") read.read_only = true;
    else if (option === "nocopy") read.nocopy = true;
    else if (propagations.includes(option)) read.propagation = option;
    else if (option === "z" || option === "Z") read.selinux = option;
    else if (consistencies.includes(option)) read.consistency = option;
    else if (option !== "rw" && option !== "") {
      const why = `the option ${JSON.stringify(option)} of a mount has no meaning in a compose file`;
      findings.warn(tree.place, pathText(path), why, "Remove it; ro, rw, z, Z, nocopy and propagations are known.");
    }
  }
  const { propagation, selinux, nocopy, ...common } = read;
  const isBind = source !== undefined && /^([./~]|\\\\|[A-Za-z]:)/.test(source);
  const { place } = tree;
  const bind = isBind ? made({ create_host_path: true, propagation, selinux }, place) : relabelled(selinux, place);
  const volume = !isBind && nocopy ? made({ nocopy }, place) : undefined;
  const type = isBind ? "bind" : "volume";
  return {
    ...made({ type, source, target: posix.normalize(target!).replace(/(.)\/$/, "$1"), ...common, bind, volume }, place),
    mark: tree.mark,
  };
}

/** An engine relabels a volume as well, and the key for it is below bind. */
const relabelled = (selinux: string | undefined, place: Place): Tree | undefined =>
  selinux === undefined ? undefined : made({ selinux }, place);
