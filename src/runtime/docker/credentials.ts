// Logins to registries, from the config file of `docker login`: from the file itself, or from the credential helpers that it
// names. It is read at each pull, so that a new login is used at once.

import { readFile } from "node:fs/promises";
import { addressesOf, dockerHub, registryName } from "../../model/registry.ts";
import { credentialFromHelper, type HelperLogin } from "./credential-helper.ts";

/** What a pull sends to the engine. */
export interface Login {
  /** The header X-Registry-Auth; null if there is no login. */
  header: string | null;
  /** Why a login could not be read; null if nothing failed. */
  problem: string | null;
}

/** The login to a registry, as `registryOf` names it. */
export type Credentials = (registry: string) => Promise<Login>;

interface FiledLogin {
  auth?: string;
  username?: string;
  password?: string;
  identitytoken?: string;
  registrytoken?: string;
}

interface DockerConfig {
  auths?: Record<string, FiledLogin>;
  credHelpers?: Record<string, string>;
  credsStore?: string;
}

export const noLogin: Login = { header: null, problem: null };

/** A file that is missing means no login; the registry then answers whether it needs one. */
export function credentialsFrom(path: string, env: Readonly<Record<string, string | undefined>>): Credentials {
  return async (registry) => {
    let text: string;
    try {
      text = await readFile(path, "utf8");
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      return code === "ENOENT" ? noLogin : { header: null, problem: `${path} cannot be read: ${message}` };
    }
    let config: DockerConfig | null;
    try {
      config = JSON.parse(text) as DockerConfig | null;
    } catch {
      return { header: null, problem: `${path} is not JSON` };
    }
    return loginOf(registry, config ?? {}, env);
  };
}

async function loginOf(
  registry: string,
  config: DockerConfig,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Login> {
  const helped = await helperLogin(registry, config, env);
  if (helped.login) return { header: headerOf(registry, helped.login), problem: null };
  const auths = config.auths ?? {};
  for (const address of addressesOf(registry, Object.keys(auths))) {
    const login = filedLogin(auths[address]);
    if (login) return { header: headerOf(registry, login), problem: null };
  }
  return { header: null, problem: helped.problem };
}

/** From the helper of this registry, or else from the store of all. */
async function helperLogin(
  registry: string,
  { auths = {}, credHelpers = {}, credsStore = "" }: DockerConfig,
  env: Readonly<Record<string, string | undefined>>,
): Promise<HelperLogin> {
  const [own] = addressesOf(registry, Object.keys(credHelpers));
  const program = own === undefined ? credsStore : credHelpers[own]!;
  if (typeof program !== "string" || program === "") return { login: null, problem: null };
  const addresses = [own ?? registry, registry, ...addressesOf(registry, Object.keys(auths))];
  return credentialFromHelper(program, registry, [...new Set(addresses)], env);
}

function filedLogin(filed: FiledLogin | undefined): FiledLogin | null {
  if (typeof filed !== "object" || filed === null) return null;
  const { auth, identitytoken, registrytoken } = filed;
  let { username = "", password = "" } = filed;
  if (auth) {
    const [user = "", ...rest] = Buffer.from(auth, "base64").toString("utf8").replace(/\0+$/, "").split(":");
    [username, password] = [user, rest.join(":")];
  }
  if (!username && !identitytoken && !registrytoken) return null;
  return {
    username,
    password,
    ...(identitytoken ? { identitytoken } : {}),
    ...(registrytoken ? { registrytoken } : {}),
  };
}

/** The header X-Registry-Auth. Engine 20.10 takes it for no login if the padding is missing. */
export function headerOf(registry: string, login: object): string {
  const serveraddress = registryName(registry) === registryName(dockerHub) ? dockerHub : registry;
  const text = Buffer.from(JSON.stringify({ ...login, serveraddress })).toString("base64");
  return text.replaceAll("+", "-").replaceAll("/", "_");
}
