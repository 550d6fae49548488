// A task as a worker receives it over its assignment stream.

import type { TaskView } from "../../api/views/task.ts";

export type Assignment = TaskView;
