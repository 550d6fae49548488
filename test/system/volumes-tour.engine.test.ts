// The tour of docs/VOLUMES.md on a real engine.

import { describeTour } from "../docs/describe-tour.ts";

describeTour("docs/VOLUMES.md", {
  looks: /^podling (logs|ps|nodes|explain|volume (ls|inspect))\b/,
  fails: /^podling (run second|volume (rm rows|release (rows|far)|backup rows torn.tar.gz|restore rows rows.tar.gz)$)/,
});
