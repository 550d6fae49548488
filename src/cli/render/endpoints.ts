// Endpoints of services as table rows, and as lines.

import type { Endpoint } from "../../model/service/endpoint.ts";
import type { Column } from "./table.ts";
import { portText, shortId } from "./tasks.ts";

/** Tasks that a service selects have names, and no slots of it. */
export function endpointColumns(endpoints: readonly Endpoint[]): Column<Endpoint>[] {
  const isSelected = endpoints.some(({ slot }) => slot === "");
  return isSelected ? [{ ...nameColumn, title: "NAME" }, ...otherColumns] : [nameColumn, ...otherColumns];
}

const nameColumn: Column<Endpoint> = { title: "SLOT", text: ({ name }) => name, shrinksTo: 12 };

const otherColumns: Column<Endpoint>[] = [
  { title: "ENDPOINTS", text: addressesText, shrinksTo: 16 },
  { title: "NODE", text: ({ hostname }) => hostname, shrinksTo: 6 },
  { title: "REVISION", text: ({ revision }) => String(revision || "-"), right: true },
  { title: "STATE", text: stateText, colour: ({ draining }) => (draining ? "yellow" : "green") },
  { title: "ID", text: ({ taskId }) => shortId(taskId) },
];

/** "web.1 ready at 10.0.0.5:49153->80/tcp on n1, revision 2" */
export function endpointText(endpoint: Endpoint): string {
  const { name, hostname, revision } = endpoint;
  const of = revision === 0 ? "" : `, revision ${revision}`;
  return `${name} ${stateText(endpoint)} at ${addressesText(endpoint)} on ${hostname}${of}`;
}

function stateText({ draining }: Endpoint): string {
  return draining ? "draining" : "ready";
}

/** The address of the node for a replica that publishes no port. */
function addressesText({ ports, address }: Endpoint): string {
  if (ports.length === 0) return `${address} (no port)`;
  return ports.map((port) => portText({ ...port, hostIp: port.address })).join(", ");
}
