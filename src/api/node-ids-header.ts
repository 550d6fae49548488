// The header by which a worker that registers says that it knows node ids of the form of task ids. Workers of release
// 0.1.0 do not send it: they know `node-abc12345` only. It is no field of the body, because masters of 0.1.0 would refuse it.

export const nodeIdsHeader = "podling-node-ids";
export const nodeIdsOfTaskForm = "dated";
