// The whole table: one row for every key of the compose schema. rows.test.ts compares it with the schema.

import type { KeyRow } from "./row.ts";
import { buildRows } from "./sections/build.ts";
import { containerRows } from "./sections/container.ts";
import { contentRows } from "./sections/contents.ts";
import { deployRows } from "./sections/deploy.ts";
import { fileRows } from "./sections/file.ts";
import { lifeRows } from "./sections/life.ts";
import { modelRows } from "./sections/models.ts";
import { networkRows } from "./sections/networks.ts";
import { resourceRows } from "./sections/resources.ts";
import { rightRows } from "./sections/rights.ts";
import { serviceNetworkRows } from "./sections/service-networks.ts";
import { storageRows } from "./sections/storage.ts";
import { volumeRows } from "./sections/volumes.ts";

export interface Section {
  readonly title: string;
  readonly rows: readonly KeyRow[];
}

export const sections: readonly Section[] = [
  { title: "The file", rows: fileRows },
  { title: "Services: the container", rows: containerRows },
  { title: "Services: start, checks and end", rows: lifeRows },
  { title: "Services: cpu, memory and other limits", rows: resourceRows },
  { title: "Services: rights and devices", rows: rightRows },
  { title: "Services: ports and networks", rows: serviceNetworkRows },
  { title: "Services: mounts, configs and secrets", rows: storageRows },
  { title: "Services: deploy", rows: deployRows },
  { title: "Services: build and develop", rows: buildRows },
  { title: "Networks", rows: networkRows },
  { title: "Volumes", rows: volumeRows },
  { title: "Configs and secrets", rows: contentRows },
  { title: "Models", rows: modelRows },
];

export const rows: readonly KeyRow[] = sections.flatMap((section) => section.rows);
