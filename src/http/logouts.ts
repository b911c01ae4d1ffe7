/** A port: logins that were given back before they ended, kept where the next daemon finds them. */
export interface Logout {
  /** Of the login; worth nothing without its signature. */
  readonly name: string;
  /** When the login ends by itself; milliseconds since the epoch. */
  readonly ends: number;
}

export interface Logouts {
  /** Null where there are some that cannot be read: nobody knows then which logins are still good. */
  read(): Promise<readonly Logout[] | null>;
  /** Replaces what is kept; durable once it resolves. */
  keep(logouts: readonly Logout[]): Promise<void>;
}

/** Where nothing is kept, a login that was given back is good again after a restart. */
export const forgetful: Logouts = { read: async () => [], keep: async () => {} };
