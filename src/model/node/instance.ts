// The instance of a worker: what one process of a worker is called, so that two processes that claim one node are kept
// apart. `PLACE.PROCESS`: the place is the same for every process that runs with the same data folder since the machine
// was booted; it is empty if that is not known.

export const instancePattern = /^[a-z0-9]{0,32}\.[a-z0-9]{1,32}$/;

export function instanceOf(place: string, process: string): string {
  return `${place}.${process}`;
}

/** "" if it is not known. */
export function placeOf(instance: string | null): string {
  return instance === null ? "" : instance.slice(0, instance.indexOf("."));
}

/** True when both run with one data folder on one machine. The folder admits one process, so one of them has ended. */
export function inOnePlace(left: string | null, right: string | null): boolean {
  const place = placeOf(left);
  return place !== "" && place === placeOf(right);
}

/** True when it is known of both where they run, and that is not the same place. */
export function inTwoPlaces(left: string | null, right: string | null): boolean {
  const [here, there] = [placeOf(left), placeOf(right)];
  return here !== "" && there !== "" && here !== there;
}
