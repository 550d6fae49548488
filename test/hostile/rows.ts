// All hostile requests.

import { bodyRows } from "./body-rows.ts";
import { pathRows } from "./path-rows.ts";
import type { Row } from "./request.ts";
import { wireRows } from "./wire-rows.ts";

export const rows: readonly Row[] = [...wireRows, ...pathRows, ...bodyRows];
