import type { Settings } from '../config/settings.ts';
import { isOnRailway } from '../volume/expected-mount.ts';

/** How many proxies are ours. Behind Railway's every caller would share its address, and with it its failed logins. */
export function trustedProxies(
  { trustedProxies: setting }: Pick<Settings, 'trustedProxies'>,
  env: Readonly<Record<string, string | undefined>>,
): number {
  if (setting !== 'auto') return setting;
  return isOnRailway(env) ? 1 : 0;
}
