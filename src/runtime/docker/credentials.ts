// Logins to registries, from the config file of `docker login`. It is read at each pull, so that a new login is used at once.

import { readFile } from "node:fs/promises";
import type { Credentials } from "./images.ts";

interface DockerConfig {
  auths?: Record<string, { auth?: string; identitytoken?: string }>;
}

/** A file that is missing or unreadable means no login; the registry then answers whether it needs one. */
export function credentialsFrom(path: string): Credentials {
  return async (registry) => {
    let config: DockerConfig;
    try {
      config = JSON.parse(await readFile(path, "utf8")) as DockerConfig;
    } catch {
      return null;
    }
    const filed = config.auths?.[registry] ?? config.auths?.[`https://${registry}`];
    if (!filed?.auth) return null;
    const [username = "", ...password] = Buffer.from(filed.auth, "base64").toString("utf8").split(":");
    const login = {
      username,
      password: password.join(":"),
      serveraddress: registry,
      identitytoken: filed.identitytoken,
    };
    return Buffer.from(JSON.stringify(login)).toString("base64url");
  };
}
