// The tour of docs/JOBS.md on a real engine.

import { describeTour } from "../docs/describe-tour.ts";

describeTour("docs/JOBS.md", {
  looks: /^podling job (ls|inspect)\b/,
  fails: /^podling job (run (hello --image podling-demo -- true|slow)|create wrong)\b/,
  progress: /^[\w-]+: (waiting|running), \d+ of /,
});
