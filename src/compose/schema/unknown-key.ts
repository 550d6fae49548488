// What to say of a key that the schema does not have: the key that was probably meant, or where it stands.

import { isObject } from "../../lib/is-object.ts";
import { nearest } from "../../lib/nearest-word.ts";
import { keysAt, type Place, takesNames } from "../keys/key-lookup.ts";
import { rows } from "../keys/rows.ts";
import { orList } from "./words.ts";

/** So many keys are listed; a service has far more. */
const mostListed = 12;

/** A sentence about `key` in the mapping at `place`, where it has the value `below`. */
export function unknownKey(place: Place, key: string, below: unknown): string {
  if (takesNames(place) || keysAt(place).length === 0) {
    return key === "" ? "the name is empty" : "expected a name of letters, digits, '.', '_' and '-'";
  }
  if (place.length === 0 && isObject(below) && ("image" in below || "build" in below)) {
    return `unknown key ${key}: a service stands below services`;
  }
  const known = keysAt(place);
  const meant = nearest(key, known);
  if (meant !== undefined) return `unknown key ${key}: did you mean ${meant}?`;
  const elsewhere = place.length <= 2 ? placeOf(key, place) : null;
  if (elsewhere !== null) return `unknown key ${key} here: it is ${elsewhere}`;
  return known.length > mostListed ? `unknown key ${key}` : `unknown key ${key}: expected ${orList(known)}`;
}

/** The shortest path of a key of this name: deploy.replicas for replicas of a service, services.*.image at the top. */
function placeOf(key: string, place: Place): string | null {
  const section = place.length < 2 ? "" : `${String(place[0])}.*.`;
  const paths = rows.map(({ path }) => path).filter((path) => path.startsWith(section) && path.endsWith(`.${key}`));
  const [shortest] = paths.sort((left, right) => left.length - right.length);
  return shortest === undefined ? null : shortest.slice(section.length);
}
