import { VigilError } from '../errors.ts';
import type { Rival } from './rivals.ts';

/** `vault_owned`: who it is, when it last said so, and what a person can do. `details` for programs. */
export function ownedByAnother(vault: string, { seen, kind }: Rival): VigilError {
  const { installation, record } = seen;
  const renewedAt = new Date(seen.at).toISOString();
  const host = record?.host ?? null;
  const details = { kind, installation, host, run: seen.run, renewedAt };
  const where = host === null ? 'on a host that nobody can read' : `on host ${JSON.stringify(host)}`;
  if (kind === 'copy')
    return new VigilError(
      'vault_owned',
      `A copy of this volume writes to the vault ${vault}: installation ${installation} runs ${where} as well, and said so at ${renewedAt}.`,
      {
        subject: installation,
        details,
        remedy:
          'Stop one of the two: both open the same WhatsApp devices. On the copy that stays, remove vigil/installation.json while its daemon is stopped, or restart its daemon.',
      },
    );
  const what = kind === 'claimant' ? 'is being claimed by' : 'belongs to';
  return new VigilError(
    'vault_owned',
    `The vault ${vault} ${what} another installation, ${installation} ${where}, which said so at ${renewedAt} (by the vault's clock).`,
    {
      subject: installation,
      details,
      remedy:
        'If that one is gone for good, or stopped and not to come back, take over: `vigil recover --take-over`, or VIGIL_TAKE_OVER=1 for one start. Else give this installation a vault of its own (VIGIL_VAULT: another directory, bucket or prefix). It is free 24 h after its owner has last said so.',
    },
  );
}
