/** The bot of a launch, called before anything of the client runs: it misses nothing, and where it fails nothing starts. */
import type { Bots } from '../../bot/bots.ts';
import type { LaunchSpec } from '../engine.ts';
import { libraryFile } from './library-contract.ts';
import type { WhatsAppClient } from './library-types.ts';

export async function callBot(
  bots: Bots,
  client: WhatsAppClient,
  { bot: module, deadlines, library, session }: LaunchSpec,
  signal: AbortSignal,
): Promise<void> {
  if (module === null) return;
  const launch = { module, session, library: libraryFile(library), deadline: deadlines.bot, signal };
  await bots.attend(client, launch);
  signal.throwIfAborted();
}
