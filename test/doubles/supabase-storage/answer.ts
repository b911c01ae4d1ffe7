import type { IncomingMessage } from 'node:http';
import type { Role } from './roles.ts';
import type { Stored } from './stored.ts';

export type Answer =
  | { readonly json: unknown }
  | { readonly bytes: Buffer; readonly headers: Readonly<Record<string, string>> };

export interface Asking {
  readonly request: IncomingMessage;
  readonly stored: Stored;
  readonly role: Role;
  readonly pageCap: number;
  /** Takes as long as a file is copied. */
  readonly copying: () => Promise<void>;
}
