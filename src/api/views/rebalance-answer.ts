// The answer to a rebalance: the moves that would help, and the one that was started.

export interface MoveView {
  taskId: string;
  /** Name of the replica, such as web.3. */
  name: string;
  from: { nodeId: string; hostname: string };
  to: { nodeId: string; hostname: string };
  /** With numbers. */
  why: string;
}

export interface RebalanceAnswer {
  /** What helps as the cluster is now, in the order in which it would be done. Empty: it is balanced. */
  moves: MoveView[];
  /** The move that this request has started: one at a time. Null for a dry run, and while another one is under way. */
  started: MoveView | null;
  /** Moves that were started before and are not done yet. */
  underWay: { taskId: string; name: string; to: { nodeId: string; hostname: string } }[];
  /** Replicas that stay where they are because their data lies there. */
  kept: string[];
}
