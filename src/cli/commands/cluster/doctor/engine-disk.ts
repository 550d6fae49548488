// Checks the disks of an engine: that of its data folder (containers, volumes, logs), and that of its images, which are in
// containerd's folder if the engine uses containerd's image store. The worker watches the same folder of images.

import { diskFinding } from "./engine.ts";
import type { Finding } from "./finding.ts";
import { diskSpace, fileFacts } from "./machine.ts";

interface EngineFolders {
  host: string;
  /** The engine's data folder. */
  root: string;
  /** The folders that may hold the images, the most likely first. */
  imageFolders: readonly string[];
}

const fix = "Remove what is not used: podling prune, podling node clean --images, docker system prune";

export async function engineDiskFindings({ host, root, imageFolders }: EngineFolders): Promise<Finding[]> {
  // Over TCP the engine is most likely on another machine, and its path would be read on this one.
  if (!host.startsWith("unix://")) return [diskFinding("engine's disk", root, null, fix)];
  const images = await firstThatExists(imageFolders);
  const space = await diskSpace(root);
  if (images === null || images === root) return [diskFinding("engine's disk", root, space, fix)];
  const imageSpace = await diskSpace(images);
  if (space !== null && space.device === imageSpace?.device)
    return [diskFinding("engine's disk", `${root} and ${images}`, space, fix)];
  return [diskFinding("engine's disk", root, space, fix), diskFinding("disk of images", images, imageSpace, fix)];
}

/** A folder that this user may not see counts as one that exists. */
async function firstThatExists(folders: readonly string[]): Promise<string | null> {
  for (const folder of folders) {
    const facts = await fileFacts(folder);
    if (facts === null || facts.exists) return folder;
  }
  return null;
}
