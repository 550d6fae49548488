// Refusals that many operations share.

export const findTaskRefusals = ["task-not-found", "ambiguous-id"] as const;
export const findNodeRefusals = ["node-not-found", "ambiguous-id"] as const;
export const findServiceRefusals = ["service-not-found", "ambiguous-id"] as const;
export const findJobRefusals = ["job-not-found", "ambiguous-id"] as const;
export const findScheduleRefusals = ["schedule-not-found", "ambiguous-id"] as const;
export const writeRefusals = ["journal-unavailable", "not-ready", "too-many"] as const;
export const bodyRefusals = ["invalid-json", "unsupported-media-type", "body-too-large", "unprocessable"] as const;
