// What the engine is asked for a network of the cluster, by its release.

import { expect, test } from "bun:test";
import { networkBody } from "./networks.ts";

const network = {
  name: "podling",
  subnet: "10.210.1.0/24",
  gateway: "10.210.1.1",
  engineRange: "10.210.1.128/25",
  mtu: null,
  labels: { "podling.cluster": "c1" },
};

test("the engine masquerades nothing, and gives addresses of the upper half only", () => {
  expect(networkBody(network, 20)).toEqual({
    Name: "podling",
    CheckDuplicate: true,
    Driver: "bridge",
    Labels: { "podling.cluster": "c1" },
    Options: {
      "com.docker.network.bridge.name": "podling",
      "com.docker.network.bridge.enable_ip_masquerade": "false",
    },
    IPAM: { Config: [{ Subnet: "10.210.1.0/24", Gateway: "10.210.1.1", IPRange: "10.210.1.128/25" }] },
  });
});

test("release 28 and later are asked not to drop packets that are routed to containers", () => {
  const mode = (release: number) =>
    networkBody(network, release).Options?.["com.docker.network.bridge.gateway_mode_ipv4"];
  expect([27, 28, 29].map(mode)).toEqual([undefined, "nat-unprotected", "nat-unprotected"]);
});

test("the size of packets is that of the tunnel", () => {
  expect(networkBody({ ...network, mtu: 1420 }, 28).Options?.["com.docker.network.driver.mtu"]).toBe("1420");
});
