// A task as the API shows it: flat, with the fields of its one container beside those of the task.

import type { Task } from "../../model/task/task.ts";

export type TaskView = Task;
