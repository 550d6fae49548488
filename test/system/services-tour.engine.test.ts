// The tour of docs/SERVICES.md on a real engine. Its second rollout fails.

import { describeTour } from "../docs/describe-tour.ts";

describeTour("docs/SERVICES.md", {
  looks: /^podling service (ls|ps|endpoints|history)\b/,
  fails: /typing mistake/,
});
