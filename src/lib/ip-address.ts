// IP addresses and host names as text: which texts are addresses, and which of them listeners share.

export function isIpAddress(value: string): boolean {
  const bytes = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(value);
  // An engine does not read 010.0.0.1, and would publish on all addresses.
  if (bytes) return bytes.slice(1).every((byte) => Number(byte) <= 255 && String(Number(byte)) === byte);
  return /^[0-9a-f:]{2,39}$/i.test(value) && value.includes(":") && URL.canParse(`http://[${value}]/`);
}

/** A host name or an IP address, as nodes have them. At most `hostNameLength` characters. */
export const hostNamePattern = /^[a-zA-Z0-9]([a-zA-Z0-9_.:-]*[a-zA-Z0-9])?$/;
export const hostNameLength = 253;

/** True for the address of a listener that takes connections to every address of its machine. */
export function isAnyAddress(address: string): boolean {
  return address === "0.0.0.0" || address === "::";
}

/**
 * In a template: the address under which other machines reach the node that gets the task. The worker fills it in, because
 * replicas of one template run on nodes with different addresses.
 */
export const nodeAddress = "node";

/** True when two listeners on one port collide: on the same address, or if either listens on all. */
export function addressesOverlap(left: string, right: string): boolean {
  return left === right || mayBeAny(left) || mayBeAny(right);
}

/** The address of a node may be any, also 127.0.0.1 on a cluster of one machine. */
function mayBeAny(address: string): boolean {
  return isAnyAddress(address) || address === nodeAddress;
}

/** True for `localhost` and for addresses that only the machine itself reaches. */
export function isLoopback(host: string): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|::1)$/.test(host);
}
