/**
 * What the login cookie holds: when it ends, a random name, and a signature by the API key over both. Signed rather
 * than remembered, so that a browser stays logged in when the daemon restarts, and so that a changed key ends
 * every login. Only tokens that were given back are remembered, across restarts as well, until they would have ended
 * anyway.
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../system/clock.ts';
import type { Logouts } from './logouts.ts';

export const loginLasts = 12 * 60 * 60 * 1_000;

const mostRevoked = 10_000;

export class LoginTokens {
  readonly #key: string;
  readonly #clock: Clock;
  readonly #logouts: Logouts;
  /** Name of a revoked token → when it would have ended. */
  readonly #revoked = new Map<string, number>();
  /** Tokens from before this are worth nothing; milliseconds since the epoch. */
  #notBefore = 0;
  #keeping: Promise<void> = Promise.resolve();

  constructor(key: string, clock: Clock, logouts: Logouts) {
    this.#key = key;
    this.#clock = clock;
    this.#logouts = logouts;
  }

  /** What was given back to an earlier daemon counts from now on. To be called before the first token is judged. */
  async recall(): Promise<void> {
    const kept = await this.#logouts.read();
    if (kept === null) this.#notBefore = this.#clock.now();
    for (const { name, ends } of kept ?? []) this.#revoked.set(name, ends);
  }

  issue(): string {
    const claim = `${this.#clock.now() + loginLasts}.${randomBytes(16).toString('base64url')}`;
    return `${claim}.${this.#sign(claim).toString('base64url')}`;
  }

  valid(token: string | undefined): boolean {
    return this.#read(token) !== null;
  }

  /** The token is worth nothing at once; rejects where that cannot be kept for the next daemon. */
  async revoke(token: string | undefined): Promise<void> {
    const read = this.#read(token);
    if (read === null) return;
    const now = this.#clock.now();
    for (const [name, ends] of this.#revoked) if (ends <= now) this.#revoked.delete(name);
    // Only someone with the key can fill this up; the oldest gives way.
    const oldest = this.#revoked.keys().next();
    if (this.#revoked.size >= mostRevoked && !oldest.done) this.#revoked.delete(oldest.value);
    this.#revoked.set(read.name, read.ends);
    // One after the other, and each whole: an older list must not be the last that is written.
    const kept = this.#keeping.then(() => this.#logouts.keep(this.#listed()));
    this.#keeping = kept.catch(() => {});
    await kept;
  }

  #listed() {
    return [...this.#revoked].map(([name, ends]) => ({ name, ends }));
  }

  #read(token: string | undefined): { name: string; ends: number } | null {
    const parts = /^([0-9]{1,15})\.([A-Za-z0-9_-]{22})\.([A-Za-z0-9_-]{43})$/.exec(token ?? '');
    if (!parts) return null;
    const [, ends = '', name = '', signature = ''] = parts;
    const expected = this.#sign(`${ends}.${name}`);
    const given = Buffer.from(signature, 'base64url');
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) return null;
    const end = Number(ends);
    if (end <= this.#clock.now() || end - loginLasts < this.#notBefore) return null;
    return this.#revoked.has(name) ? null : { name, ends: end };
  }

  #sign(claim: string): Buffer {
    return createHmac('sha256', this.#key).update(`vigil login ${claim}`).digest();
  }
}
