// The tour of docs/CONFIGS.md on a real engine. One of its versions is taken back.

import { describeTour } from "../docs/describe-tour.ts";

describeTour("docs/CONFIGS.md", { looks: /^podling (logs|service (history|ls|logs))\b/ });
