/** What a session does about its login: made, working, given back. */

import { arrive, type Context, claim, fail, go, halt, type In, type On, type Outcome } from './moves.ts';
import { startArrived } from './policy.ts';
import { noLogin, refused, type SessionRecord } from './record.ts';
import type { FaultCause } from './state.ts';

/**
 * The device is unlinked: what is on disk opens nothing any more, and is kept all the same. Neither does the backup that it
 * came from, which WhatsApp may have taken at first.
 */
export function unlinked(context: Context): Outcome {
  const rejected = refused({ ...context.record, restoredTaken: false });
  return fail(context, 'logged_out', { ...noLogin, rejected, login: 'none', forfeited: true });
}

/** The login was made now; what is known of an earlier one is not of this device. */
export const scanned = (context: Context): Partial<SessionRecord> => ({
  ...noLogin,
  login: 'unsettled',
  pairedEpoch: context.record.epoch,
  pairedAt: context.now,
});

/**
 * A login that works without a QR that we heard of. Where there was none on the disk, somebody was quicker than the
 * word of the QR, and the login is as new as any that was scanned.
 */
export function linked(context: Context, state: In<'launching'>): Outcome {
  if (context.record.login !== 'none') return sync(context, false, state.cause);
  return sync(context, true, null, scanned(context));
}

export function sync(
  context: Context,
  scanned: boolean,
  cause: FaultCause | null,
  change: Partial<SessionRecord> = {},
): Outcome {
  const { now, policy } = context;
  return go(
    context,
    { name: 'syncing', scanned, cause, since: now },
    [{ type: 'timer', ms: policy.sync }],
    change,
  );
}

/** A login that came from the disk is settled by having worked; a scanned one is flushed first. */
export function ready(context: Context, scanned: boolean, event: On<'ready'>): Outcome {
  const who = {
    phone: event.account.phone ?? context.record.phone,
    name: event.account.name ?? context.record.name,
  };
  if (!scanned) return arrive(context, { login: 'settled', ...who });
  const { sealAfter } = context.policy;
  if (sealAfter === null) return arrive(context, { login: 'settled', ...who });
  return go(context, { name: 'sealing' }, [{ type: 'timer', ms: sealAfter }], {
    login: 'unsettled',
    starts: startArrived(context.record.starts, context.now),
    lastSeen: new Date(context.now).toISOString(),
    ...who,
  });
}

/** As `linked`: without a login on the disk it is a new one. */
export function readyAtOnce(context: Context, event: On<'ready'>): Outcome {
  const { record } = context;
  if (record.login !== 'none') return ready(context, false, event);
  return ready({ ...context, record: { ...record, ...scanned(context) } }, true, event);
}

/** As `begin`; a login that WhatsApp no longer takes makes room for a new one. */
export function beginPairing(context: Context): Outcome {
  return claim(context, null, { wanted: 'online', ...makeRoom(context.record) });
}

/**
 * What a wish to pair says about the login that is there. One that WhatsApp no longer takes goes to quarantine;
 * one that was missed may have come back by now, and only its start shows what it is worth.
 */
export function makeRoom(record: SessionRecord): Partial<SessionRecord> {
  if (record.failure === 'logged_out') return { ...noLogin, login: 'none', forfeited: true };
  if (record.failure === 'no_sound_profile') return { ...noLogin, login: 'none' };
  return {};
}

const waitsForVault: readonly string[] = ['vault_unreachable', 'backups_missing', 'key_missing'];

/** A person who wants to pair waits for no vault: what it would have replaced goes to quarantine. */
export function makeRoomAfter(
  { dueRestore }: SessionRecord,
  { cause }: In<'resting'>,
): Partial<SessionRecord> {
  if (cause === null || !waitsForVault.includes(cause)) return {};
  return { ...noLogin, login: 'none', forfeited: dueRestore?.why === 'refused' };
}

export function loggedOutByPerson(context: Context): Outcome {
  return halt(
    context,
    { to: 'stopped' },
    { ...noLogin, wanted: 'stopped', login: 'none', forfeited: true, phone: null, name: null },
  );
}
