// The names of registries. One registry has several: Docker Hub has four, and configuration files write addresses with a
// scheme, a path, a port and in capitals.

/** How `docker login` stores Docker Hub, and what an engine expects as its address. */
export const dockerHub = "https://index.docker.io/v1/";

/** The registry that a reference names, as engines take it: Docker Hub, or a host with its port. */
export function registryOf(image: string): string {
  const slash = image.indexOf("/");
  const first = image.slice(0, Math.max(slash, 0));
  const named = /[.:]/.test(first) || first === "localhost" || first !== first.toLowerCase();
  return named && registryName(first) !== hub ? first : dockerHub;
}

const hub = "docker.io";
const namesOfHub = new Set([hub, "index.docker.io", "registry-1.docker.io", "registry.hub.docker.com"]);

/** One name for each registry, whatever name of it is given: in small letters, without scheme, path and usual port. */
export function registryName(address: string): string {
  const [, scheme = "https", host = ""] = address
    .trim()
    .toLowerCase()
    .match(/^(?:([a-z]+):\/\/)?([^/]*)/)!;
  const name = host.replace(scheme === "http" ? /:80$/ : /:443$/, "");
  return namesOfHub.has(name) ? hub : name;
}

/** Of these addresses those of the registry, the one that is written in the same way first. */
export function addressesOf(registry: string, addresses: readonly string[]): string[] {
  const wanted = registryName(registry);
  const same = addresses.filter((address) => registryName(address) === wanted);
  return [...same.filter((address) => address === registry), ...same.filter((address) => address !== registry)];
}
