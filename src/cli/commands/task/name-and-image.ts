// The name and the image of what a command creates: NAME --image IMAGE, or as in docker --name NAME IMAGE.

import type { Context } from "../../command/context.ts";
import { UsageError } from "../../command/failure.ts";

/** `orElse`: a sentence for those who need no image. */
export function nameAndImage(context: Context, orElse = ""): { name: string; image: string } {
  const { flags, words, commandName, containerCommand } = context;
  const [word] = words;
  const [name, image] = [flags.text("name"), flags.text("image")];
  const command = `podling ${commandName}`;
  if (image === undefined) {
    if (word === undefined)
      throw new UsageError("the image is missing", `Write: ${command} ${name ?? "NAME"} --image IMAGE${orElse}`);
    if (name !== undefined) return { name, image: word };
    const asImage = `${command} NAME --image ${word}`;
    if (!/^[\w.-]+$/.test(word)) throw new UsageError("the name is missing", `Write: ${asImage}`);
    const hint = `Write: ${command} ${word} --image ${containerCommand?.[0] ?? "IMAGE"}, or ${asImage}${orElse}`;
    throw new UsageError(`${word} is a name or an image, and the other one is missing`, hint);
  }
  if (word !== undefined && name !== undefined)
    throw new UsageError(`two names: ${word} and --name ${name}`, "Remove one of them.");
  const named = word ?? name;
  if (named === undefined) throw new UsageError("the name is missing", `Write: ${command} NAME --image ${image}`);
  return { name: named, image };
}
