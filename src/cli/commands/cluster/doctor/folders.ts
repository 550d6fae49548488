// Checks the data folders of master and worker: existence, permissions, and the process that has them locked.

import { join } from "node:path";
import { identityName, journalEnds, journalName, workerLockName } from "../../../../model/data-files.ts";
import { formatMemory } from "../../../../model/quantity.ts";
import { type Finding, finding, fine } from "./finding.ts";
import { fileFacts, processWords } from "./machine.ts";

export interface FolderCheck {
  role: "master" | "worker";
  path: string;
  /** The id of the process that holds the lock of a file. Null if none is known. */
  lockHolder: (path: string) => string | null;
}

/** The file that each role needs, and the file that it locks. */
export const ownFile = { master: journalName, worker: identityName } as const;
export const lockedFile = { master: journalName, worker: workerLockName } as const;

export async function folderFindings({ role, path, lockHolder }: FolderCheck): Promise<Finding[]> {
  const check = `${role}'s folder`;
  const folder = await fileFacts(path);
  if (folder === null) return [notVisible(check, path)];
  if (!folder.exists) return [fine(check, `${path} does not exist yet; the first start of a ${role} creates it`)];
  if (!folder.isFolder)
    return [
      finding(check, "problem", `${path} is not a folder`, "Move it away, or choose another folder with --data-dir"),
    ];
  const own = join(path, ownFile[role]);
  const file = await fileFacts(own);
  if (file === null) return [notVisible(check, path)];
  const holder = lockHolder(join(path, lockedFile[role]));
  const size = file.exists ? `: ${ownFile[role]} has ${formatMemory(file.bytes)}` : ` has no ${ownFile[role]}`;
  const user = holder === null ? "not in use by a running process" : `in use by ${processWords(holder)}`;
  const findings = [fine(check, `${path}${size}; ${user}`)];
  const locked = [folder.writable ? "" : path, file.exists && !file.writable ? own : ""].filter((one) => one !== "");
  if (locked.length > 0) {
    findings.push(
      finding(
        check,
        "problem",
        `this user cannot write to ${locked.join(" and ")}`,
        `Run podling as the user of the ${role}, or change the owner`,
      ),
    );
  }
  // The journal contains the environment variables of tasks unencrypted.
  const open = (file.mode & 0o077) !== 0 && (folder.mode & 0o077) !== 0;
  if (role === "master" && file.exists && open) {
    const message = `other users of this machine can read ${own}, which contains the environment variables of all tasks`;
    findings.push(finding(check, "warning", message, `chmod 700 ${path} && chmod 600 ${own}*`));
  }
  if (role === "master") findings.push(...(await keptLogFindings(check, path)));
  return findings;
}

/** A start that was killed while it was refused leaves the write-ahead log under a second name. */
async function keptLogFindings(check: string, path: string): Promise<Finding[]> {
  const kept = join(path, journalName + journalEnds.keptLog);
  if ((await fileFacts(kept))?.exists !== true) return [];
  const log = journalName + journalEnds.log;
  const message = `${kept} is left over from a start that was refused, because the journal was damaged, and then killed`;
  const fix = `If the master does not start because ${log} is missing, copy this file to ${log}; once the master has started, remove it`;
  return [finding(check, "note", message, fix)];
}

function notVisible(check: string, path: string): Finding {
  return finding(
    check,
    "note",
    `this user cannot read ${path}`,
    "Run podling doctor as root, or as the owner of the folder",
  );
}
