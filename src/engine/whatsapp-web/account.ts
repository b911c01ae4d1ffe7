/** Who the session is, from what the library knows. */
import type { Account } from '../engine.ts';
import type { ClientInfo } from './library-types.ts';

export function accountOf(info: ClientInfo | undefined): Account {
  const wid = info?.wid;
  // A wid of another server (`lid`) is no phone number.
  const isPhone = wid?.user !== undefined && /^\d+$/.test(wid.user) && (wid.server ?? 'c.us') === 'c.us';
  return {
    phone: isPhone ? (wid?.user ?? null) : null,
    name: info?.pushname ?? null,
    platform: info?.platform ?? null,
  };
}
