/** What is asked of WhatsApp about the device, each within a deadline. */
import type { Clock } from '../../system/clock.ts';
import { within } from '../../system/deadline.ts';
import { EngineFailure, type LaunchSpec } from '../engine.ts';
import { isContextLost, messageOf } from './failure.ts';
import type { WhatsAppClient } from './library-types.ts';
import type { OwnCalls } from './own-calls.ts';

export interface Asking {
  readonly clock: Clock;
  readonly spec: LaunchSpec;
  readonly signal: AbortSignal;
}

/** Rejects with `ended`, too. */
export async function askPairingCode(
  client: WhatsAppClient,
  phone: string,
  ended: Promise<never>,
  { clock, spec, signal }: Asking,
): Promise<void> {
  const asked = client.requestPairingCode(phone);
  await within(clock, spec.deadlines.protocol, 'The pairing code', Promise.race([asked, ended]), signal);
}

/** Throws an `EngineFailure` when the device is not known to be unlinked. */
export async function unlinkDevice(client: OwnCalls, { clock, spec, signal }: Asking): Promise<void> {
  try {
    await within(clock, spec.deadlines.protocol, 'Unlinking', client.logout(), signal);
  } catch (error) {
    // A page that has left is one that has unlinked; any other failure leaves it in doubt.
    if (isContextLost(messageOf(error))) return;
    const why = `WhatsApp did not confirm that the device was unlinked: ${messageOf(error)}`;
    throw new EngineFailure('refused', why, { cause: error });
  }
}

export function notRunning(): EngineFailure {
  return new EngineFailure('refused', 'The engine is not running.');
}
