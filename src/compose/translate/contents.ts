// Configs and secrets: those of the file with their content, and what a service gets of them.

import type { ContentField } from "../../model/task/content-fields.ts";
import type { Context } from "./context.ts";
import type { Draft } from "./draft.ts";
import { contentKeys, extended } from "./extension.ts";
import { modeOf } from "./mounts.ts";
import type { Source } from "./source.ts";

const kinds = ["configs", "secrets"] as const;

/** The name of the record of a config or secret of the file. */
function contentName(kind: ContentField, name: string, { root, member }: Context): string {
  const content = root.at(kind, name);
  return content.at("name").text ?? (content.at("external").flag === true ? name : member(name));
}

export function addReferences(draft: Draft, service: Source, context: Context): void {
  for (const kind of kinds)
    for (const item of service.at(kind).items()) {
      const source = item.at("source").text;
      if (source === undefined) continue;
      const more = extended(item.at("x-podling"), contentKeys, context.problems);
      const isFile = more.env === undefined;
      const [uid, gid, mode] = [item.at("uid"), item.at("gid"), item.at("mode")];
      const reference = {
        name: contentName(kind, source, context),
        ...(isFile ? { target: targetOf(kind, item.at("target").text ?? source) } : {}),
        ...(uid.isGiven ? { uid: uid.number } : {}),
        ...(gid.isGiven ? { gid: gid.number } : {}),
        ...(mode.isGiven ? { mode: modeOf(mode) } : {}),
        ...more,
      };
      draft.add(kind, reference, item);
    }
}

function targetOf(kind: ContentField, target: string): string {
  if (target.startsWith("/")) return target;
  return kind === "configs" ? `/${target}` : `/run/secrets/${target}`;
}

/** One draft for each config or secret of the file that the app makes. */
export function contentsOf(kind: ContentField, context: Context): [Draft, Source][] {
  return context.root
    .at(kind)
    .entries()
    .flatMap(([name, content]): [Draft, Source][] => {
      if (content.at("external").flag === true) return [];
      const read = context.contents.get(`${kind}.${name}`);
      if (!read) {
        const next =
          kind === "configs" ? "Write content, file, environment or external." : "Write file, environment or external.";
        context.problems.error(content.path, "it has no content", next);
        return [];
      }
      const draft = context.draft();
      draft.set("name", contentName(kind, name, context), content);
      draft.set("data", read.data, content);
      if (read.encoding === "base64") draft.set("encoding", read.encoding, content);
      draft.set("labels", content.at("labels").record, content.at("labels"));
      return [[draft, content]];
    });
}
