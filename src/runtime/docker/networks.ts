// The networks of an engine, over the Docker Engine API.

import type { BridgeNetwork, Networks } from "../networks.ts";
import { EngineRefused } from "../runtime-error.ts";
import type { EngineHttp } from "./engine-http.ts";
import { engineMessage } from "./errors.ts";

interface EngineNetwork {
  Id: string;
  Driver: string;
  Labels: Record<string, string> | null;
  Options: Record<string, string> | null;
  IPAM: { Config: { Subnet?: string; Gateway?: string; IPRange?: string }[] | null };
}

/** From this release on, the engine drops packets to containers that were not sent to a published port, unless it is asked not to. */
const firstWithProtection = 28;

export class DockerNetworks implements Networks {
  readonly #http: EngineHttp;

  constructor(http: EngineHttp) {
    this.#http = http;
  }

  async ensure(network: BridgeNetwork): Promise<void> {
    const wanted = networkBody(network, await this.#release());
    const path = `/networks/${encodeURIComponent(network.name)}`;
    const response = await this.#http.call("GET", path);
    if (response.status !== 404) {
      await this.#http.expectOk(response);
      const found = (await response.json()) as EngineNetwork;
      if (isSame(found, wanted)) return;
      this.#mustBeOurs(found, network);
      await this.#http.expectOk(await this.#http.call("DELETE", path));
    }
    const created = await this.#http.call("POST", "/networks/create", { body: wanted });
    if (created.ok) return;
    throw new EngineRefused(
      `the engine could not make the network ${network.name} (${network.subnet}): ${await engineMessage(created)}`,
    );
  }

  #mustBeOurs({ Labels }: EngineNetwork, { name, labels }: BridgeNetwork): void {
    if (Object.entries(labels).every(([key, value]) => Labels?.[key] === value)) return;
    const message = `the engine has a network ${name} that another program made: rename or remove it (docker network rm ${name})`;
    throw new EngineRefused(message);
  }

  /** 0 if the engine does not say. */
  async #release(): Promise<number> {
    const { Version = "" } = await this.#http.json<{ Version?: string }>("GET", "/version");
    return Number.parseInt(Version, 10) || 0;
  }
}

type NetworkBody = Omit<EngineNetwork, "Id"> & { Name: string; CheckDuplicate: boolean };

/** The body of POST /networks/create. `release`: of the engine, such as 28. */
export function networkBody(
  { name, subnet, gateway, engineRange, mtu, labels }: BridgeNetwork,
  release: number,
): NetworkBody {
  const bridge = "com.docker.network.bridge";
  return {
    Name: name,
    // Older engines would make a second one of the name.
    CheckDuplicate: true,
    Driver: "bridge",
    Labels: { ...labels },
    Options: {
      [`${bridge}.name`]: name,
      [`${bridge}.enable_ip_masquerade`]: "false",
      ...(mtu === null ? {} : { "com.docker.network.driver.mtu": String(mtu) }),
      ...(release >= firstWithProtection ? { [`${bridge}.gateway_mode_ipv4`]: "nat-unprotected" } : {}),
    },
    IPAM: { Config: [{ Subnet: subnet, Gateway: gateway, IPRange: engineRange }] },
  };
}

function isSame(found: EngineNetwork, wanted: NetworkBody): boolean {
  const [has, asked] = [found.IPAM.Config?.[0], wanted.IPAM.Config![0]!];
  const options = Object.entries(wanted.Options ?? {}).every(([key, value]) => found.Options?.[key] === value);
  const labels = Object.entries(wanted.Labels ?? {}).every(([key, value]) => found.Labels?.[key] === value);
  if (found.Driver !== wanted.Driver || !options || !labels || has === undefined) return false;
  return has.Subnet === asked.Subnet && has.Gateway === asked.Gateway && has.IPRange === asked.IPRange;
}
