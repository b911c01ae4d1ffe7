/** How an installation stands with its vault, as those are told who act on it. */
import type { VigilError } from '../errors.ts';
import type { Rival } from './rivals.ts';

export type Standing =
  | { readonly owner: true }
  | {
      readonly owner: false;
      /** `vault_owned`, or what the vault said. */
      readonly error: VigilError;
      /** Who has it beyond doubt; null where nobody does, or nobody can say. */
      readonly by: Rival | null;
    };
