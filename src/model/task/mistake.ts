// What the checks of a request find.

/** What is wrong, and what to do about it. */
export interface Mistake {
  field: string;
  message: string;
  hint: string;
}
