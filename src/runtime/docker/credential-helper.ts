// Runs a credential helper: a program docker-credential-NAME that keeps logins elsewhere, such as in a key ring. It gets the
// address of a registry on stdin and prints the login as JSON.

import { readAtMost } from "../../lib/read-at-most.ts";
import { limits } from "../../model/limits.ts";
import { formatMemory } from "../../model/quantity.ts";
import { addressesOf } from "../../model/registry.ts";

export interface HelperLogin {
  login: { username: string; password: string } | { identitytoken: string } | null;
  /** Why the helper did not work; null if it worked, also if it knows no login. */
  problem: string | null;
}

type Env = Readonly<Record<string, string | undefined>>;
type Answer = { ok: true; output: string } | { ok: false; problem: string | null };

/** Helpers print this for a registry that they do not know, on stdout, with exit code 1. */
const unknownRegistry = /credentials not found/i;

/** The login that the helper has under one of the addresses, or under another name of the registry. */
export async function credentialFromHelper(
  name: string,
  registry: string,
  addresses: readonly string[],
  env: Env,
): Promise<HelperLogin> {
  if (!/^[\w.-]+$/.test(name))
    return { login: null, problem: `${JSON.stringify(name)} is no name of a credential helper` };
  const program = Bun.which(`docker-credential-${name}`, { PATH: env.PATH ?? "" });
  if (program === null) {
    return { login: null, problem: `the credential helper docker-credential-${name} is not installed for the worker` };
  }
  for (const address of addresses) {
    const answer = await run(program, "get", address, env);
    if (answer.ok) return readLogin(program, answer.output);
    if (answer.problem !== null) return { login: null, problem: answer.problem };
  }
  const listed = await run(program, "list", "", env);
  const known = listed.ok ? Object.keys(parse(listed.output) ?? {}) : [];
  for (const address of addressesOf(registry, known)) {
    const answer = await run(program, "get", address, env);
    if (answer.ok) return readLogin(program, answer.output);
  }
  return { login: null, problem: null };
}

async function run(program: string, verb: string, input: string, env: Env): Promise<Answer> {
  const child = Bun.spawn([program, verb], {
    stdin: Buffer.from(input),
    ...{ stdout: "pipe", stderr: "ignore" },
    env: withoutOwn(env),
    timeout: limits.credentialHelperMs,
    killSignal: "SIGKILL",
  });
  const output = await readAtMost(child.stdout, limits.credentialHelperBytes);
  if (output === null) child.kill("SIGKILL");
  const code = await child.exited;
  if (output === null) {
    const limit = formatMemory(limits.credentialHelperBytes);
    return { ok: false, problem: `${program} ${verb} printed more than ${limit}, which is no login` };
  }
  if (code === 0) return { ok: true, output };
  if (unknownRegistry.test(output)) return { ok: false, problem: null };
  const how = child.signalCode ? `gave no answer in ${limits.credentialHelperMs / 1000} s` : `ended with ${code}`;
  return { ok: false, problem: `${program} ${how}` };
}

/** Without Podling's own variables: PODLING_TOKEN is none of a helper's business. */
function withoutOwn(env: Env): Env {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith("PODLING_")));
}

function readLogin(program: string, output: string): HelperLogin {
  const { Username, Secret } = parse(output) ?? {};
  if (typeof Username !== "string" || typeof Secret !== "string") {
    return { login: null, problem: `${program} did not print a login` };
  }
  // With this name the secret is a token, not a password.
  if (Username === "<token>") return { login: { identitytoken: Secret }, problem: null };
  return { login: { username: Username, password: Secret }, problem: null };
}

function parse(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" ? (value as Record<string, unknown> | null) : null;
  } catch {
    return null;
  }
}
