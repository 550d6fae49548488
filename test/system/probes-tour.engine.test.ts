// The tour of docs/PROBES.md on a real engine. Its rollout fails.

import { describeTour } from "../docs/describe-tour.ts";

describeTour("docs/PROBES.md", { looks: /^podling (ps|inspect|explain|service (ps|ls))\b/, fails: /--deadline 8s$/ });
