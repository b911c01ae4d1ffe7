import { path } from './parsers.ts';
import type { Parser } from './setting.ts';

/** Where backups go. */
export interface VaultAddress {
  readonly kind: 'directory';
  readonly path: string;
}

/** Kinds that are documented and come with a later version. */
const later = ['supabase', 's3'];

export const vaultAddress: Parser<VaultAddress> = {
  expected: 'directory:PATH',
  parse: (text, cwd) => {
    const colon = text.indexOf(':');
    const kind = text.slice(0, Math.max(0, colon));
    if (later.includes(kind)) return { ok: false, notYet: `a vault of the kind ${kind}:` };
    if (kind !== 'directory') return { ok: false };
    const parsed = path.parse(text.slice(colon + 1), cwd);
    return parsed.ok ? { ok: true, value: { kind: 'directory', path: parsed.value } } : parsed;
  },
  format: (vault) => `${vault.kind}:${vault.path}`,
};
