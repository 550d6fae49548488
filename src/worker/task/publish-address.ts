// The address on which this node publishes the ports whose template says `node`: that of --publish-address, or else the one
// under which the master and other machines reach the node. Replicas of one template run on nodes with different addresses.

import { isIpAddress, nodeAddress } from "../../lib/ip-address.ts";
import type { ContainerSpec } from "../../model/task/spec.ts";
import { RuntimeError } from "../../runtime/runtime-error.ts";

/** The IP address of a host name; null if it has none. */
export type LookUp = (host: string) => Promise<string | null>;

export class PublishAddress {
  readonly #given: string | null;
  readonly #lookUp: LookUp;
  #registered = "";

  /** `given`: null for the address that the node is registered with. */
  constructor(given: string | null, lookUp: LookUp) {
    this.#given = given;
    this.#lookUp = lookUp;
  }

  /** The master has registered the node with this host name or address. */
  registeredWith(address: string): void {
    this.#registered = address;
  }

  /** The spec with the address in place of `node`. Throws RuntimeError: create-failed if the host name has no address. */
  async filledIn(spec: ContainerSpec): Promise<ContainerSpec> {
    if (!spec.ports.some(({ hostIp }) => hostIp === nodeAddress)) return spec;
    const address = await this.#address();
    const ports = spec.ports.map((port) => (port.hostIp === nodeAddress ? { ...port, hostIp: address } : port));
    return { ...spec, ports };
  }

  async #address(): Promise<string> {
    const host = this.#given ?? this.#registered;
    if (isIpAddress(host)) return host;
    const found = await this.#lookUp(host).catch(() => null);
    if (found !== null) return found;
    throw new RuntimeError(
      "create-failed",
      `its ports cannot be published on this node: the name ${host} has no IP address here. Start the worker with --publish-address IP`,
      true,
    );
  }
}
