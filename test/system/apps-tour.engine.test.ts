// The tour of docs/APPS.md on a real engine.

import { describeTour } from "../docs/describe-tour.ts";

describeTour("docs/APPS.md", {
  looks: /^podling (ls|service (ls|logs|history))\b/,
  fails: /-f (wrong|writers).yaml$/,
  progress: /^shop_\w+: \d+\/\d+ ready, /,
});
