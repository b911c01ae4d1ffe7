import { type Environment, isOnRailway } from '../volume/expected-mount.ts';

/** Where a person finds the pages: on Railway at the service's domain, where it has one, else where HTTP listens. */
export function pageAddress(listening: string, env: Environment): string {
  const domain = env['RAILWAY_PUBLIC_DOMAIN'] ?? '';
  return isOnRailway(env) && /^[a-z0-9-]+(\.[a-z0-9-]+)+$/i.test(domain) ? `https://${domain}/` : listening;
}
