// The name and the image of what a command creates: NAME --image IMAGE, or as in docker --name NAME IMAGE.

import type { Context } from "../../command/context.ts";
import { UsageError } from "../../command/failure.ts";

/** `command`: as it is typed, for the hints. `orElse`: a sentence for those who need no image. */
export function nameAndImage({ flags, words }: Context, command: string, orElse = ""): { name: string; image: string } {
  const [word] = words;
  const image = flags.text("image") ?? word;
  const name = flags.text("image") === undefined ? flags.text("name") : (word ?? flags.text("name"));
  if (image === undefined)
    throw new UsageError("the image is missing", `Write: ${command} NAME --image IMAGE${orElse}`);
  if (name === undefined) throw new UsageError("the name is missing", `Write: ${command} NAME --image ${image}`);
  return { name, image };
}
