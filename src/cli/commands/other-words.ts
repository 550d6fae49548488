// Commands of docker, kubectl, nomad and others that Podling does not have under that name, each with what to type here.

const listing = "Use podling ps for tasks or podling nodes for nodes";
const inContainer =
  "It is not in Podling yet. podling inspect TASK shows node and container; on that node: docker exec -it CONTAINER sh";
const usage =
  "It is not in Podling yet. On the task's node: docker stats. podling nodes shows what is reserved on each node";
const unchanging = "A task is never changed: stop it, and run it again with other settings";
const images = "Nodes pull images when a task needs them. To remove unused ones: podling node clean NODE --images";
const again = "Use podling stop TASK, then podling run with the same settings";
const singly = "There are no services yet: each podling run starts one task";
const files = "There are no files for tasks yet: use podling run, or send JSON to POST /api/v1/tasks";
const draining = "Use podling node cordon NODE, then podling stop its tasks: podling ps -q --filter node=NODE";
const contexts = "Use podling context add NAME --master URL, then podling context use NAME";
const networks = "There are no networks and volumes to manage: see -p and -v in podling help run";

/** By the words after `podling`. */
export const otherWords: ReadonlyMap<string, string> = new Map(
  Object.entries({
    // looking
    get: "Use podling ps for tasks, podling nodes for nodes, or podling inspect for one task",
    list: listing,
    ls: listing,
    tasks: "Use podling ps",
    task: "Use podling ps, run, stop, rm or inspect",
    container: "Use podling ps, run, stop, rm or inspect",
    job: "Use podling ps, run, stop, rm or inspect",
    alloc: "Use podling ps, logs or inspect",
    pod: "Use podling ps, run, stop, rm or inspect",
    pods: "Use podling ps",
    describe: "Use podling explain TASK for the reasons, or podling inspect TASK for the record",
    show: "Use podling inspect TASK",
    status: "Use podling doctor, podling nodes or podling ps",
    info: "Use podling doctor, podling nodes or podling version",
    health: "Use podling doctor",
    ping: "Use podling doctor",
    check: "Use podling doctor",
    tail: "Use podling logs -f TASK",
    watch: "Use podling ps -w for a list, or podling events",
    history: "Use podling events",
    top: usage,
    stats: usage,
    port: "podling ps -o wide shows the ports of all tasks, podling inspect TASK those of one",
    ui: "The API has a page at /docs of the master, such as http://localhost:8080/docs",
    dashboard: "The API has a page at /docs of the master, such as http://localhost:8080/docs",

    // running and ending
    create: "Use podling run NAME --image IMAGE",
    start: "Use podling run NAME --image IMAGE for a task, or podling up for a master and a worker",
    restart: again,
    rollout: again,
    delete: "Use podling rm TASK",
    remove: "Use podling rm TASK",
    destroy: "Use podling rm -f TASK",
    kill: "Use podling stop TASK",
    down: "Ctrl-C ends podling up. For tasks: podling stop TASK",
    pause: "A task cannot be paused. Use podling stop TASK",
    unpause: "A task cannot be paused",
    update: unchanging,
    edit: unchanging,
    rename: unchanging,
    label: "A task is never changed. For nodes: podling node label NODE KEY=VALUE",
    tag: unchanging,
    scale: singly,
    service: singly,
    services: singly,
    deploy: singly,
    stack: singly,
    compose: files,
    apply: files,
    plan: files,
    validate: files,

    // within a container
    exec: inContainer,
    attach: inContainer,
    shell: inContainer,
    sh: inContainer,
    ssh: inContainer,
    cp: "It is not in Podling yet. podling inspect TASK shows node and container; on that node: docker cp",
    diff: "It is not in Podling yet. podling inspect TASK shows node and container; on that node: docker diff",
    commit: "It is not in Podling. podling inspect TASK shows node and container; on that node: docker commit",

    // images, networks, volumes
    pull: images,
    push: "Podling does not build or push images. Use docker push",
    build: "Podling does not build images. Use docker build, and push the image to a registry that the nodes reach",
    images,
    image: images,
    rmi: images,
    system: "Use podling prune for finished tasks, podling node clean NODE for a node's disk, or podling doctor",
    volume: networks,
    volumes: networks,
    network: networks,
    login: "Use docker login on each node, as the user of its worker",
    logout: "Use docker logout on each node, as the user of its worker",

    // nodes and clusters
    cordon: "Use podling node cordon NODE",
    uncordon: "Use podling node uncordon NODE",
    drain: draining,
    "node drain": draining,
    "node update": draining,
    "node ls": "Use podling nodes",
    "node list": "Use podling nodes",
    "node get": "Use podling nodes",
    "node ps": "Use podling ps --filter node=NODE",
    "node show": "Use podling node inspect NODE",
    "node status": "Use podling nodes, or podling node inspect NODE",
    "node describe": "Use podling node inspect NODE",
    "node taint": "Use podling node label NODE KEY=VALUE and podling run --constraint, or podling node cordon NODE",
    "node unlabel": "Use podling node label NODE KEY-",
    "node remove": "Use podling node rm NODE",
    "node delete": "Use podling node rm NODE",
    "node prune": "Use podling node clean NODE",
    init: "Use podling up on one machine, or podling master and podling worker --master URL on several",
    swarm: "Use podling up on one machine, or podling master and podling worker --master URL on several",
    cluster: "Use podling up on one machine, or podling master and podling worker --master URL on several",
    join: "Use podling worker --master URL on the machine that joins",
    leave: "Stop the worker, then podling node rm NODE",
    server: "Use podling master",
    agent: "Use podling worker",
    daemon: "Use podling up, or podling systemd install master",
    config: contexts,
    contexts: "Use podling context ls",
    profile: contexts,
    "context create": contexts,
    "context set": contexts,
    "context update": "Use podling context add NAME --force",
    "context list": "Use podling context ls",
    "context show": "Use podling context ls",
    "context current": "Use podling context ls",
    "context inspect": "Use podling context ls -o json",
    "context switch": "Use podling context use NAME",
    "context remove": "Use podling context rm NAME",
    "context delete": "Use podling context rm NAME",
    export: "Use podling backup FILE",
    import: "Use podling restore FILE",
    snapshot: "Use podling backup FILE",
    save: "Use podling backup FILE",
    load: "Use podling restore FILE",
    simulate: "Use podling sim",
  }),
);
