// The files in the data folders of master and worker: their names, what they hold, and when they may be removed. The table in
// docs/OPERATIONS.md is made from it. Code that opens one of them takes its name from here.

export interface DataFile {
  /** The name, or for files whose names end at random the pattern of a shell. */
  name: string;
  holds: string;
  /** When the file is in the folder. */
  when: string;
  /** Whether and when an operator may remove it. */
  removable: string;
}

export const journalName = "journal.db";

/** What the names of files beside the journal add to its name. */
export const journalEnds = {
  /** SQLite's name for the write-ahead log of a database. */
  log: "-wal",
  acknowledged: "-acknowledged",
  keptLog: "-wal.kept",
  /** A folder with a random end. Release 0.1.0 wrote a file without one. */
  draft: ".new",
} as const;

export const identityName = "identity.json";
export const imagesName = "images.json";
export const formerNodesName = "former-nodes.json";
/** A folder. */
export const configsName = "configs";
/** A folder: only where no folder in memory can be used. */
export const secretsName = "secrets";
export const workerLockName = "worker.lock";

/** What the name of a small file has at its end while the file is written. */
export const draftEnd = ".new";

export const dataFiles: { readonly master: readonly DataFile[]; readonly worker: readonly DataFile[] } = {
  master: [
    {
      name: journalName,
      holds: "the journal: an SQLite database with all tasks, nodes and their history",
      when: "from the first start on",
      removable: "no: tasks and nodes are lost with it",
    },
    {
      name: journalName + journalEnds.log,
      holds: "the write-ahead log of the journal: the newest changes",
      when: "while a master runs, and after one that was killed",
      removable: "no: acknowledged changes are lost with it, and the master refuses to start",
    },
    {
      name: journalName + journalEnds.acknowledged,
      holds: "the newest revision that is known to be durable",
      when: "while a master runs, and after one that was killed",
      removable: "only to start without acknowledged changes, when a refused start advises it",
    },
    {
      name: journalName + journalEnds.keptLog,
      holds:
        "the write-ahead log of a damaged journal, under a second name: a start that is refused leaves all files as they are",
      when: "for a moment while a start is refused; longer only if the process is killed in that moment",
      removable: `once the master has started. If it does not start because \`${journalName}${journalEnds.log}\` is missing, copy this file to that name first`,
    },
    {
      name: `${journalName}${journalEnds.draft}-*`,
      holds: "a new journal in a folder of its own, until it is whole",
      when: "for a moment in the first start; longer only if the process is killed in that moment",
      removable: "yes, while no master runs; the next start removes it",
    },
  ],
  worker: [
    {
      name: identityName,
      holds: "the ids of the node and of its cluster",
      when: "from the first registration on",
      removable: "no: without it the worker is the same node only under the same host name and port",
    },
    {
      name: imagesName,
      holds: "which images Podling pulled, and when they were used last",
      when: "from the first pull on",
      removable: "while the worker is stopped; images that it pulled before then stay until you remove them",
    },
    {
      name: formerNodesName,
      holds: "the nodes that this worker was before, and the tasks that it held as these",
      when: "from the moment on when the worker became another node",
      removable: "while the worker is stopped; containers that it has left as another node are left to you",
    },
    {
      name: configsName,
      holds: "the files of configs that containers have mounted, in a folder for each task",
      when: "while the node has a task with a config",
      removable:
        "while the worker is stopped and no such container runs; the next start of a container writes its files",
    },
    {
      name: secretsName,
      holds: "the files of secrets that containers have mounted, in clear",
      when: "while the node has a task with a secret, on machines without a usable folder in memory; the log warns of it",
      removable: "as `configs`",
    },
    {
      name: workerLockName,
      holds: "the process id of the worker that uses the folder, which locks this file",
      when: "from the first start on",
      removable: "while the worker is stopped",
    },
    {
      name: `*.json${draftEnd}`,
      holds: "the next content of a file, until it is whole",
      when: "for a moment; longer only if the process is killed in that moment",
      removable: "yes",
    },
  ],
};
