// The command of every container that is measured, the same for Podling, Docker and Swarm.

/** Ends on TERM at once, which `sleep` as process 1 would ignore. */
export const CONTAINER_COMMAND = ["sh", "-c", "trap 'exit 0' TERM; sleep 86400 & wait"];
