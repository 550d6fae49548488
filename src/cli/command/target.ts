// Which master a command calls, and with which token. In this order: flags, environment, context, default. The token of a
// context goes to the master of that context only.

import { fileErrorMeaning } from "../../lib/file-error.ts";
import { shownUrl } from "../../lib/server-url.ts";
import { type ContextsFile, noContext, useContexts } from "./contexts-file.ts";
import { Failure, UsageError } from "./failure.ts";
import type { FlagValues } from "./flag-values.ts";
import type { Io } from "./io.ts";
import { type Warn, warnIfOthersRead, warnOn } from "./secret-file.ts";

export interface Target {
  url: string;
  token: string | null;
  /** Where the address comes from, for messages. Null for the default. */
  source: string | null;
}

type Given = { flags: FlagValues; io: Io };

export async function findTarget({ flags, io }: Given): Promise<Target> {
  const { env } = io;
  const asked = flags.text("context");
  if (asked !== undefined) {
    for (const other of ["master", "token", "token-file"])
      if (flags.given(other)) throw new UsageError(`--context and --${other} exclude each other`);
    return targetOf(asked, "--context", await useContexts(io));
  }
  const token = await givenToken({ flags, io });
  const address = givenMaster({ flags, io });
  if (address !== null) return { ...address, token };
  const contexts = await useContexts(io);
  const found = targetOf(
    env.PODLING_CONTEXT || contexts.current,
    env.PODLING_CONTEXT ? "PODLING_CONTEXT" : `${contexts.path}`,
    contexts,
  );
  if (found.source === null) return { url: flags.text("master")!, token, source: null };
  return { ...found, token: token ?? found.token };
}

function targetOf(name: string, namedBy: string, contexts: ContextsFile): Target {
  if (name === noContext) return { url: "http://localhost:8080", token: null, source: null };
  const saved = contexts.get(name);
  if (saved === null)
    throw new Failure(`${namedBy}: there is no context ${JSON.stringify(name)}`, "podling context ls lists them");
  return { url: checkedUrl(saved.master, `the context ${name}`), token: saved.token, source: `the context ${name}` };
}

/** From the flag or the environment; null if neither names a master. */
export function givenMaster({ flags, io }: Given): { url: string; source: string } | null {
  const byFlag = flags.given("master");
  const text = byFlag ? flags.text("master") : io.env.PODLING_MASTER_URL;
  if (!text) return null;
  const source = byFlag ? "--master" : "PODLING_MASTER_URL";
  return { url: checkedUrl(text, source), source };
}

function checkedUrl(address: string, source: string): string {
  const text = address.trim();
  const url = text.includes("://") ? text : `http://${text}`;
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
    throw new UsageError(
      `${source}: expected a URL such as http://localhost:8080; got ${JSON.stringify(shownUrl(text))}`,
    );
  return url.replace(/\/+$/, "");
}

/** From the flags or the environment; null if none gives a token. A server has a log for the warning of an open file. */
export async function givenToken({ flags, io }: Given, warn: Warn = warnOn(io)): Promise<string | null> {
  const { PODLING_TOKEN, PODLING_TOKEN_FILE } = io.env;
  if (flags.given("token") && flags.given("token-file"))
    throw new UsageError("--token and --token-file exclude each other");
  if (flags.given("token")) return checkedToken(flags.text("token")!, "--token");
  if (flags.given("token-file")) return readToken(io, flags.text("token-file")!, "--token-file", warn);
  if (PODLING_TOKEN) return checkedToken(PODLING_TOKEN, "PODLING_TOKEN");
  return PODLING_TOKEN_FILE ? readToken(io, PODLING_TOKEN_FILE, "PODLING_TOKEN_FILE", warn) : null;
}

/** An empty file is refused: a server would start without a token. */
async function readToken(io: Io, path: string, source: string, warn: Warn): Promise<string> {
  let text: string;
  try {
    text = (await io.readFile(path)).trim();
  } catch (error) {
    throw new Failure(`${source}: cannot read ${JSON.stringify(path)}: ${fileErrorMeaning(error)}`);
  }
  if (text === "") throw new Failure(`${source}: ${path} is empty`, "Write the token into it");
  const token = checkedToken(text, `${source}: ${path}`);
  await warnIfOthersRead(io, path, warn);
  return token;
}

/** Other characters, and a longer text, cannot be sent in a header. */
function checkedToken(text: string, source: string): string {
  const token = text.trim();
  if (!/^[\x21-\x7e]{1,4096}$/.test(token))
    throw new Failure(`${source} is no token`, "Expected one word of ASCII characters, at most 4096");
  return token;
}
