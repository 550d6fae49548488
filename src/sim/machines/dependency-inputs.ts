// What services and jobs that clients ask for depend on: others with the names that clients use, which may be there or not.

import { type Random, randomInteger } from "../../lib/random.ts";

type Drawn = Record<string, unknown>;

const services = ["s1", "s2", "s3", "s4"];
const jobs = ["j1", "j2", "j3", "j4", "j5"];

/**
 * Nothing in one of two, so that it stays as it is, and an empty list in some. Mostly on services with lower names, so that few are
 * refused for a cycle. `name`: of the one that depends on them.
 */
export function drawDependencies(random: Random, name: string): Drawn {
  const below = (count: number) => randomInteger(random, count);
  const draw = below(10);
  if (draw < 4) return {};
  if (draw === 4) return { dependsOn: [] };
  const lower = services.filter((one) => one < name);
  const all = below(8) === 0 || lower.length === 0 ? services : lower;
  const count = 1 + below(2);
  const names = new Set(Array.from({ length: count }, () => (below(6) === 0 ? jobs : all)[below(4)] ?? all[0]!));
  return { dependsOn: [...names].map((one) => drawDependency(below, one)) };
}

function drawDependency(below: (count: number) => number, name: string): Drawn {
  // Services never complete here.
  const conditions = name.startsWith("j") ? ["started", "completed", "completed"] : ["started", "healthy", "healthy"];
  const restart = below(4) === 0 ? { restart: true } : {};
  return { name, condition: conditions[below(3)], ...(below(3) === 0 ? { required: false } : {}), ...restart };
}
