// Rows of the keys of a service that say what runs: image, command, environment, labels.

import { alike, below, butFor, changed, honoured, ignored, type KeyRow, refused, text, unlessOff } from "../row.ts";

const noKeyboard = "There is no connection to the keyboard yet: the program finds its input closed.";
const keepAlive = "Leave it out. A container that only has to stay takes a command such as sleep infinity.";

export const containerRows: readonly KeyRow[] = below("services.*", [
  ...alike(honoured, "image command entrypoint environment user working_dir hostname labels read_only", ""),
  ...alike(honoured, "env_file env_file[].path env_file[].format env_file[].required", ""),
  ...alike(honoured, "profiles extends extends.service extends.file", ""),
  honoured("label_file", "Its lines are labels; those under labels go before them."),
  ignored(
    "annotations",
    "They are for the runtime below the engine, and Podling hands none over.",
    "Use labels for what people and programs look up.",
  ),
  ignored(
    "container_name",
    "Podling names each container after its task, so that a service can have several.",
    "podling ps shows names; commands take the name of the task.",
  ),
  refused(
    "domainname",
    "There is no field for it, and the container would have another name than the program expects.",
    "Write the whole name in hostname: web.example.com.",
  ),
  honoured("platform"),
  pullPolicy(),
  ignored(
    "pull_refresh_after",
    "An image is pulled when it is missing, or at each start.",
    "Write pull_policy: always.",
  ),
  ...alike(refused, "tty stdin_open", noKeyboard, keepAlive).map(unlessOff),
  ignored("attach", "It says which output compose up shows.", "podling logs and podling service logs show output."),
  honoured("logging"),
  honoured("logging.driver", "podling logs needs one that the engine can read, such as json-file, local or journald."),
  honoured("logging.options"),
  refused(
    "runtime",
    "The engine's default runtime runs every container.",
    "Leave it out. For graphics cards, write gpus.",
  ),
  ignored("isolation", "It is for Windows containers.", "Remove it."),
  ...alike(
    refused,
    "credential_spec credential_spec.config credential_spec.file credential_spec.registry",
    "It is for Windows containers.",
    "Remove it.",
  ),
  ...alike(
    refused,
    "provider provider.type provider.options",
    "Podling starts no program on the machine of the command line in the place of a service.",
    "Create the resource with its own tool, and give its address as a variable.",
  ),
  unlessOff(
    refused(
      "use_api_socket",
      "The socket of an engine gives all rights on its node, and Podling mounts it only where a user names it.",
      "Mount it: /var/run/docker.sock:/var/run/docker.sock. A node may forbid that.",
    ),
  ),
]);

function pullPolicy(): KeyRow {
  const builds = refused(
    "",
    "Podling builds no images.",
    "Build and push the image first, and write pull_policy: always.",
  );
  const sometimes = changed(
    "",
    "The image is pulled only when it is missing.",
    "Write always, which asks at each start.",
  );
  const row = butFor(honoured("pull_policy"), "build", text(/^build$/), builds);
  return butFor(row, "refresh, daily, weekly, every_...", text(/^(refresh|daily|weekly|every_)/), sometimes);
}
