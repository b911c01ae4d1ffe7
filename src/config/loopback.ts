import { isIPv4 } from 'node:net';

/** Whether only this machine can reach a server that listens on `host`. A name other than `localhost` may be anything. */
export function isLoopback(host: string): boolean {
  const bare = host.toLowerCase();
  return bare === 'localhost' || bare === '::1' || (isIPv4(bare) && bare.startsWith('127.'));
}
