// What the worker does with what its connection to the master brings.

/** Gets what the master sends. */
export interface MasterListener {
  /** The node is registered under this id, with this host name or address. Throws if the id cannot be stored. */
  onRegistered(nodeId: string, address: string): void;
  /** One event of the stream; the next waits until it resolves. */
  onAssignmentEvent(event: string, data: string): Promise<void>;
  /** The master answers again after it did not. */
  onMasterBack(): void;
}
