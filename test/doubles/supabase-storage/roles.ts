/** Who asks. The keys look like keys and open nothing. */
import { type Refusal, refusals } from './refusal.ts';

export const keys = {
  /** May do everything. */
  service: 'stand-in.service.key',
  /** A policy for INSERT and no other. */
  writer: 'stand-in.writer.key',
  /** No policy at all. */
  anonymous: 'stand-in.anonymous.key',
  expired: 'stand-in.expired.key',
  foreign: 'another-project.service.key',
  /** A key of the new form, which the bare server does not know. */
  opaque: 'sb_secret_stand_in',
} as const;

export interface Role {
  readonly sees: boolean;
  readonly inserts: boolean;
  readonly changes: boolean;
}

const roles: Readonly<Record<string, Role>> = {
  [keys.service]: { sees: true, inserts: true, changes: true },
  [keys.writer]: { sees: false, inserts: true, changes: false },
  [keys.anonymous]: { sees: false, inserts: false, changes: false },
};

export function roleOf(authorization: string | undefined): Role | Refusal {
  const key = authorization?.replace(/^Bearer /, '') ?? '';
  const role = Object.hasOwn(roles, key) ? roles[key] : undefined;
  if (role) return role;
  if (key === keys.expired) return refusals.badKey('"exp" claim timestamp check failed');
  return refusals.badKey(
    key.split('.').length === 3 ? 'signature verification failed' : 'Invalid Compact JWS',
  );
}
