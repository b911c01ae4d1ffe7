/**
 * What the login cookie holds: when it ends, a random name, and a signature by the API key over both. Signed rather
 * than remembered, so that a browser stays logged in when the daemon restarts, and so that a changed key ends
 * every login. Only tokens that were given back are remembered, until they would have ended anyway.
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../system/clock.ts';

export const loginLasts = 12 * 60 * 60 * 1_000;

const mostRevoked = 10_000;

export class LoginTokens {
  readonly #key: string;
  readonly #clock: Clock;
  /** Name of a revoked token → when it would have ended. */
  readonly #revoked = new Map<string, number>();

  constructor(key: string, clock: Clock) {
    this.#key = key;
    this.#clock = clock;
  }

  issue(): string {
    const claim = `${this.#clock.now() + loginLasts}.${randomBytes(16).toString('base64url')}`;
    return `${claim}.${this.#sign(claim).toString('base64url')}`;
  }

  valid(token: string | undefined): boolean {
    return this.#read(token) !== null;
  }

  revoke(token: string | undefined): void {
    const read = this.#read(token);
    if (read === null) return;
    const now = this.#clock.now();
    for (const [name, ends] of this.#revoked) if (ends <= now) this.#revoked.delete(name);
    // Only someone with the key can fill this up; the oldest gives way.
    const oldest = this.#revoked.keys().next();
    if (this.#revoked.size >= mostRevoked && !oldest.done) this.#revoked.delete(oldest.value);
    this.#revoked.set(read.name, read.ends);
  }

  #read(token: string | undefined): { name: string; ends: number } | null {
    const parts = /^([0-9]{1,15})\.([A-Za-z0-9_-]{22})\.([A-Za-z0-9_-]{43})$/.exec(token ?? '');
    if (!parts) return null;
    const [, ends = '', name = '', signature = ''] = parts;
    const expected = this.#sign(`${ends}.${name}`);
    const given = Buffer.from(signature, 'base64url');
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) return null;
    if (Number(ends) <= this.#clock.now() || this.#revoked.has(name)) return null;
    return { name, ends: Number(ends) };
  }

  #sign(claim: string): Buffer {
    return createHmac('sha256', this.#key).update(`vigil login ${claim}`).digest();
  }
}
