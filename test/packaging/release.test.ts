// The notes of a release are the section of its version in CHANGELOG.md, and the release workflow takes no other.

import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { releaseNotes, withAddresses } from "../../scripts/release-notes.ts";

const root = join(import.meta.dir, "../..");
const workflow = readFileSync(join(root, ".github/workflows/release.yml"), "utf8");

const changelog = `# Changelog

Words.

## Unreleased

- new

## 1.10.0 - 2026-02-01

### Added

- ten, see [the page](docs/PAGE.md#part) and [that](https://example.org/x)

## 1.1.0 - 2026-01-01

- one

## 1.0.0

`;

test("the section of a version, without its heading and without those around it", () => {
  expect(releaseNotes(changelog, "1.10.0")).toBe(
    "### Added\n\n- ten, see [the page](docs/PAGE.md#part) and [that](https://example.org/x)\n",
  );
  expect(releaseNotes(changelog, "1.1.0")).toBe("- one\n");
  expect(releaseNotes(changelog.trim(), "Unreleased")).toBe("- new\n");
});

test("a version without a section, or with an empty one, has no notes", () => {
  for (const version of ["1.0.0", "1.1", "1.10", "2.0.0", ""]) expect(releaseNotes(changelog, version)).toBeNull();
});

test("links to files get the address of the file at the tag", () => {
  expect(withAddresses(releaseNotes(changelog, "1.10.0")!, "https://example.org/a/b", "v1.10.0")).toBe(
    "### Added\n\n- ten, see [the page](https://example.org/a/b/blob/v1.10.0/docs/PAGE.md#part) and [that](https://example.org/x)\n",
  );
});

/** Runs the line of the workflow that writes the notes. */
function notesOf(tag: string): { out: string; code: number } {
  const line = /^ *- run: (.*release-notes\.ts.*) >"\$RUNNER_TEMP\/notes\.md"$/m.exec(workflow)![1]!;
  const env = { ...process.env, GITHUB_REF_NAME: tag, GITHUB_SERVER_URL: "https://h", GITHUB_REPOSITORY: "o/r" };
  const { stdout, exitCode } = Bun.spawnSync(["bash", "-c", line], { cwd: root, env });
  return { out: stdout.toString(), code: exitCode };
}

test("the workflow publishes the section of its tag only", () => {
  expect(workflow).toContain('--notes-file "$RUNNER_TEMP/notes.md"');
  expect(workflow).not.toContain("--notes-file CHANGELOG.md");
  const { out, code } = notesOf("v0.1.0");
  expect(code).toBe(0);
  expect(out).toStartWith(releaseNotes(readFileSync(join(root, "CHANGELOG.md"), "utf8"), "0.1.0")!.slice(0, 40));
  expect(out).not.toMatch(/^## /m);
  expect(notesOf("v0.0.9")).toEqual({ out: "", code: 1 });
});
