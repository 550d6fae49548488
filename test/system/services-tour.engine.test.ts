// The tour of docs/SERVICES.md on a real engine. Two of its rollouts fail.

import { describeTour } from "../docs/describe-tour.ts";

describeTour("docs/SERVICES.md", {
  looks: /^podling service (ls|ps|endpoints|history)\b/,
  fails: /typing mistake|podling-demo:2$/,
});
