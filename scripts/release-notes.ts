// Prints the section of CHANGELOG.md that belongs to a release, for the release page. Fails if there is none, or if it is
// empty: then the changelog was not prepared for this version.
//
//   bun scripts/release-notes.ts TAG [URL]
//
// URL is that of the repository: with it links to files become links to the files of this tag.

import { readFileSync } from "node:fs";
import { join } from "node:path";

/** The lines below the heading of the version, up to the next heading. Null if there is no such section, or nothing in it. */
export function releaseNotes(changelog: string, version: string): string | null {
  const lines = changelog.split("\n");
  const isHeading = (line: string) => line.startsWith("## ");
  const start = lines.findIndex((line) => isHeading(line) && line.split(/\s+/)[1] === version);
  if (start === -1) return null;
  const length = lines.slice(start + 1).findIndex(isHeading);
  const section = lines.slice(start + 1, length === -1 ? undefined : start + 1 + length);
  const text = section.join("\n").trim();
  return text === "" ? null : `${text}\n`;
}

/** Links to files of the repository do not work on a release page: they get the address of the file at this tag. */
export function withAddresses(notes: string, repository: string, tag: string): string {
  return notes.replace(/\]\((?!https?:|#|mailto:)([^)\s]+)\)/g, `](${repository}/blob/${tag}/$1)`);
}

if (import.meta.main) {
  const [tag = "", repository] = process.argv.slice(2);
  const version = tag.replace(/^v/, "");
  const notes = releaseNotes(readFileSync(join(import.meta.dir, "../CHANGELOG.md"), "utf8"), version);
  if (notes === null) {
    const advice = 'Rename "## Unreleased" before the tag is made';
    process.stderr.write(`CHANGELOG.md has no section "## ${version}", or nothing in it. ${advice}\n`);
    process.exit(1);
  }
  process.stdout.write(repository === undefined ? notes : withAddresses(notes, repository, tag));
}
