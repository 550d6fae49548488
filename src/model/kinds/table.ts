// Every record kind, one line each.

export { addressKind as address } from "../address/kind.ts";
export { appKind as app, appRevisionKind as appRevision } from "../app/kind.ts";
export { clusterKind as cluster } from "../cluster/kind.ts";
export { configKind as config } from "../config/kind.ts";
export { credentialKind as credential } from "../credential/kind.ts";
export { jobKind as job } from "../job/kind.ts";
export { nodeKind as node } from "../node/kind.ts";
export { scheduleKind as schedule } from "../schedule/kind.ts";
export { secretKind as secret } from "../secret/kind.ts";
export { revisionKind as revision, serviceKind as service } from "../service/kind.ts";
export { taskKind as task } from "../task/kind.ts";
export { volumeKind as volume } from "../volume/kind.ts";
