// A task as the API shows it: flat, with the fields of its one container beside those of the task.

export type { TaskView } from "../../model/task/view.ts";
