// Combined abort signals for the time of a run, made of plain listeners. The platform keeps each combined signal that has a
// listener until one of its sources aborts. A killed program aborts nothing, so it would stay in memory with its world
// for as long as the process of the simulation runs: some 2 MB for each seed.

type Combine = typeof AbortSignal.any;

let runs = 0;
let platforms: Combine = AbortSignal.any;

/** What each signal aborts: one listener serves all, since the platform compares a new listener with all others. */
const followers = new WeakMap<AbortSignal, AbortController[]>();

function follow(signal: AbortSignal, follower: AbortController): void {
  const known = followers.get(signal);
  if (known) {
    known.push(follower);
    return;
  }
  const all = [follower];
  followers.set(signal, all);
  signal.addEventListener("abort", () => {
    for (const one of all.splice(0)) one.abort(signal.reason);
  });
}

const combine: Combine = (signals) => {
  const controller = new AbortController();
  for (const signal of signals) {
    if (signal.aborted) {
      controller.abort(signal.reason);
      break;
    }
    follow(signal, controller);
  }
  return controller.signal;
};

/** Replaces `AbortSignal.any` until the returned function is called; of several runs at a time, by the last one. */
export function combineSignalsPlainly(): () => void {
  if (runs++ === 0) {
    platforms = AbortSignal.any;
    AbortSignal.any = combine;
  }
  return () => {
    if (--runs === 0) AbortSignal.any = platforms;
  };
}
