// The data folders of master and worker: there, writable, for nobody else to read, and who holds them.

import { join } from "node:path";
import { formatMemory } from "../../../../model/quantity.ts";
import { type Finding, finding, fine } from "./finding.ts";
import { fileFacts, processWords } from "./machine.ts";

export interface FolderLook {
  role: "master" | "worker";
  path: string;
  /** The process that has a file locked; null: nobody, as far as can be seen. */
  lockHolder: (path: string) => string | null;
}

/** The file that a role locks and cannot be without. */
export const ownFile = { master: "journal.db", worker: "identity.json" } as const;
const lockedFile = { master: "journal.db", worker: "worker.lock" } as const;

export async function folderFindings({ role, path, lockHolder }: FolderLook): Promise<Finding[]> {
  const check = `${role}'s folder`;
  const folder = await fileFacts(path);
  if (folder === null) return [notOurs(check, path)];
  if (!folder.exists) return [fine(check, `${path} is not there yet: the first start of a ${role} makes it`)];
  if (!folder.isFolder)
    return [finding(check, "problem", `${path} is not a folder`, "Move it away, or choose another with --data-dir")];
  const own = join(path, ownFile[role]);
  const file = await fileFacts(own);
  if (file === null) return [notOurs(check, path)];
  const holder = lockHolder(join(path, lockedFile[role]));
  const size = file.exists ? `, ${ownFile[role]} has ${formatMemory(file.bytes)}` : ` without ${ownFile[role]}`;
  const held = holder === null ? "no running process holds it" : `held by ${processWords(holder)}`;
  const findings = [fine(check, `${path}${size}; ${held}`)];
  const locked = [folder.writable ? "" : path, file.exists && !file.writable ? own : ""].filter((one) => one !== "");
  if (locked.length > 0) {
    findings.push(
      finding(
        check,
        "problem",
        `this user cannot write ${locked.join(" and ")}`,
        `Run as the ${role}'s user, or chown it`,
      ),
    );
  }
  // Environment variables of tasks are in the journal, in the clear.
  const open = (file.mode & 0o077) !== 0 && (folder.mode & 0o077) !== 0;
  if (role === "master" && file.exists && open) {
    const message = `other users of this machine can read ${own}, and with it the environment of every task`;
    findings.push(finding(check, "warning", message, `chmod 700 ${path} && chmod 600 ${path}/journal.db*`));
  }
  return findings;
}

function notOurs(check: string, path: string): Finding {
  return finding(
    check,
    "note",
    `${path} is not for this user to see`,
    "Look at it as root, or as the user it belongs to",
  );
}
