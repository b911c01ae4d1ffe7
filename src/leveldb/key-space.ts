/**
 * What the keys of a store mean to whoever reads it, as coarsely as reading needs: which keys belong together, and
 * where they stand. The order within a group is the store's own business; it is never needed here.
 */
export interface KeySpace<G extends KeyGroup = KeyGroup> {
  /** Name of the order that the store has to have. */
  readonly comparator: string;
  /** The group of a user key; null where nobody asks. Equal groups are one object. Throws `MalformedBytes`. */
  groupOf(key: Buffer): G | null;
  /**
   * How many bytes at the front of a key decide on its group: keys that share these share the group, also where it
   * is null.
   */
  decisiveBytes(key: Buffer): number;
  /** Below 0: the key stands before every key of the group; 0: it is one of them; above: after. */
  compare(key: Buffer, group: G): number;
}

export interface KeyGroup {
  /** Whether its values are asked for, too. */
  readonly values: boolean;
}
