// A Debian machine of the lab that has booted with systemd, in namespaces of its own: for what is installed as a service. Its
// root folder is made by debootstrap once for all checkouts, beside the labs; each machine writes to a layer of its own, in memory.

import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Claim, LABS_FOLDER } from "./claim.ts";
import { run } from "./network.ts";
import { OwnedProcess } from "./process.ts";
import { cgroupOf } from "./reaper.ts";
import { until } from "./until.ts";

const SUITE = "bookworm";
/** The name changes with the packages, so that an older folder is not used. */
const BASE = join(LABS_FOLDER, `debian-${SUITE}-1`);
const PACKAGES = ["systemd", "passwd", "ca-certificates", "curl", "openssl", "sudo", "iproute2"];
const BOOT_WAIT_MS = 90_000;

export type MachineOptions = {
  /** The network namespace of a lab host; without it a network with loopback only. */
  namespace?: string;
  /** Files and folders of this machine that appear there, by their paths there. */
  mounts?: Record<string, string>;
};

export type Ran = { code: number; stdout: string; stderr: string };

/** Null when such machines can be started here; otherwise the reason. */
export function machineMissing(): string | null {
  const missing = ["debootstrap", "unshare", "nsenter"].filter((program) => Bun.which(program) === null);
  return missing.length === 0 ? null : `a booted machine needs ${missing.join(", ")}: run scripts/setup lab`;
}

/** Runs as the parent of the machine's first process. $1: cgroup, $2: root folder, $3: lower folder, then mounts. */
const BOOT = `
set -e
if [ "$(stat -fc %T /sys/fs/cgroup)" = cgroup2fs ]; then groups=/sys/fs/cgroup
else groups="$2.cgroup"; mkdir -p "$groups"; mount -t cgroup2 cgroup2 "$groups"; fi
mkdir -p "$groups/$1"
echo $$ >"$groups/$1/cgroup.procs"
exec unshare --pid --fork --kill-child --cgroup --uts --ipc sh -ec '
  root=$2 lower=$3
  hostname "$4"
  shift 4
  mkdir -p "$root"
  mount -t tmpfs tmpfs "$root"
  mkdir "$root/upper" "$root/work" "$root/all"
  mount -t overlay overlay -o "lowerdir=$lower,upperdir=$root/upper,workdir=$root/work" "$root/all"
  root="$root/all"
  hostname >"$root/etc/hostname"
  printf "127.0.0.1 localhost\n127.0.1.1 %s\n" "$(hostname)" >"$root/etc/hosts"
  rm -f "$root/etc/resolv.conf"
  mount -t proc proc "$root/proc"
  mount -t sysfs -o ro sysfs "$root/sys"
  mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
  mount -t tmpfs -o mode=755 tmpfs "$root/dev"
  for name in console null zero full random urandom tty; do touch "$root/dev/$name"; done
  for name in null zero full random urandom tty; do mount --bind "/dev/$name" "$root/dev/$name"; done
  mkdir "$root/dev/pts" "$root/dev/shm"
  mount -t devpts -o newinstance,ptmxmode=0666 devpts "$root/dev/pts"
  ln -s pts/ptmx "$root/dev/ptmx"
  mount -t tmpfs tmpfs "$root/dev/shm"
  mount -t tmpfs -o mode=755 tmpfs "$root/run"
  while [ $# -gt 0 ]; do
    if [ -d "$1" ]; then mkdir -p "$root/$2"; else mkdir -p "$(dirname "$root/$2")"; touch "$root/$2"; fi
    mount --bind "$1" "$root/$2"
    shift 2
  done
  mkdir "$root/old"
  cd "$root"
  pivot_root . old
  umount -l /old
  export container=podling-lab
  exec /lib/systemd/systemd --system --log-target=kmsg
' boot "$@"
`;

export class LabMachine {
  readonly name: string;
  readonly #process: OwnedProcess;

  private constructor(name: string, process: OwnedProcess) {
    this.name = name;
    this.#process = process;
  }

  /** Resolves when systemd has started everything. */
  static async boot(claim: Claim, name: string, { namespace, mounts = {} }: MachineOptions = {}): Promise<LabMachine> {
    await makeBase();
    const root = join(claim.folder, `machine-${name}`);
    const pairs = Object.entries(mounts).flatMap(([there, here]) => [here, there]);
    const isolate = ["unshare", "--mount", "--propagation", "private", ...(namespace === undefined ? ["--net"] : [])];
    const group = `${cgroupOf(claim)}-${name}`;
    const boot = ["sh", "-c", BOOT, "boot", group, root, BASE, name, ...pairs];
    const process = new OwnedProcess(
      claim,
      `machine-${name}`,
      [...isolate, ...boot],
      namespace === undefined ? {} : { namespace },
    );
    const machine = new LabMachine(name, process);
    await until(
      `the machine ${name} to boot`,
      async () => {
        process.mustRun();
        const { stdout } = await machine.run("systemctl is-system-running").catch(() => ({ stdout: "" }));
        return /running|degraded/.test(stdout);
      },
      BOOT_WAIT_MS,
    );
    if (namespace === undefined) await machine.must("ip link set lo up");
    return machine;
  }

  /** Runs lines of a shell as root of the machine to their end. */
  async run(script: string, env: Record<string, string> = {}): Promise<Ran> {
    const enter = ["nsenter", "--target", String(this.#first()), "--all"];
    const clean = ["env", "-i", "HOME=/root", "USER=root", "LANG=C.UTF-8", `PATH=${PATH}`];
    const set = Object.entries(env).map(([name, value]) => `${name}=${value}`);
    const child = Bun.spawn([...enter, ...clean, ...set, "bash", "-c", `cd; ${script}`], {
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
    });
    const [stdout, stderr, code] = await Promise.all([
      new Response(child.stdout).text(),
      new Response(child.stderr).text(),
      child.exited,
    ]);
    return { code, stdout, stderr };
  }

  /** The same; throws with everything that was printed unless the exit code is 0. */
  async must(script: string, env?: Record<string, string>): Promise<string> {
    const { code, stdout, stderr } = await this.run(script, env);
    if (code !== 0) throw new Error(`${script}\nended with ${code} on ${this.name}:\n${stdout}${stderr}`);
    return stdout;
  }

  /** The pid of its systemd on this machine: the only child of the process that the lab owns. */
  #first(): number {
    const { pid } = this.#process;
    const child = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ")[0];
    if (!child) throw new Error(`the machine ${this.name} does not run`);
    return Number(child);
  }
}

const PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** The packages come from where this machine gets its own, if it is a Debian. */
const MAKE_BASE = `
set -e
[ ! -e "$1" ] || exit 0
rm -rf "$1.new"
. /etc/os-release
mirror=
if [ "$ID" = debian ]; then
  eval "$(apt-config shell http_proxy Acquire::http::Proxy)"
  export http_proxy
  mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | grep -v security | head -n 1)
fi
debootstrap --variant=minbase --include="$2" ${SUITE} "$1.new" $mirror >"$1.log" 2>&1 || { tail -n 20 "$1.log" >&2; exit 1; }
mv "$1.new" "$1"
`;

/** The folder with a fresh Debian. Two tests may want it at the same time: flock lets one make it. */
export async function makeBase(): Promise<string> {
  if (existsSync(BASE)) return BASE;
  mkdirSync(LABS_FOLDER, { recursive: true });
  await run(["flock", `${BASE}.lock`, "sh", "-c", MAKE_BASE, "debootstrap", BASE, PACKAGES.join(",")]);
  return BASE;
}
