// The signals that a container can be sent, in docker's forms: a name with or without SIG, in any case, or a number.

const names =
  "ABRT ALRM BUS CHLD CLD CONT FPE HUP ILL INT IO IOT KILL PIPE POLL PROF PWR QUIT SEGV STKFLT STOP SYS TERM TRAP TSTP TTIN TTOU URG USR1 USR2 VTALRM WINCH XCPU XFSZ";
const realTime = "RTMIN(\\+([1-9]|1[0-5]))?|RTMAX(-([1-9]|1[0-4]))?";

export const signalForm = new RegExp(
  `^((SIG)?(${names.replaceAll(" ", "|")}|${realTime})|[1-9]|[1-5]\\d|6[0-4])$`,
  "i",
);

/** What is allowed, as the object of "expected". */
export const signalForms = "a signal: a name such as KILL or SIGKILL, or a number such as 9";
