/** What a person must know of where backups lie, whatever else is well. */

import { schema } from '../config/settings.ts';
import { vaultAddress } from '../config/vault-address.ts';
import { liesOnVolume, volumeLayout } from '../volume/layout.ts';
import type { SettingRow } from './context.ts';

/** Null where they lie elsewhere, or nobody says where. */
export function vaultNote(rows: readonly SettingRow[]): string | null {
  const found = (name: string) => rows.find((row) => row.name === name)?.value ?? null;
  const volume = found(schema.volume.env);
  const text = found(schema.vault.env);
  const vault = text === null ? null : vaultAddress.parse(text, '/');
  if (volume === null || !vault?.ok || !liesOnVolume(vault.value, volumeLayout(volume))) return null;
  return `Backups lie on the volume itself (${text}): same disk, not a backup. Name another place with ${schema.vault.env}.`;
}
