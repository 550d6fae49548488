// The header by which a master asks a worker for the time of each entry of a log, which it needs to find a position again.
// Without it the time is at the beginning of each line only. Workers of release 0.1.0 do not know it, and always send the
// times of entries. It is no query parameter, because they would refuse it.

export const logTimesHeader = "podling-log-times";
export const timesOfEntries = "entries";
