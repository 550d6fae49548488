// The tour of docs/PODS.md on a real engine.

import { describeTour } from "../docs/describe-tour.ts";

describeTour("docs/PODS.md", { looks: /^(podling (logs|inspect|pod get)|docker ps)\b/ });
