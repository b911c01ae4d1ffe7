/**
 * `fetch` with what supabase-js leaves out: each request ends with the signal of the call that it belongs to, and within
 * a time that its body allows for. The client hands no signal on for most of what it does, so the call is found by the
 * asynchronous context that it is made in.
 *
 * Answers are read whole here, under the same bounds, but for a file that comes: nobody waits for the rest of one
 * elsewhere. No redirection is followed, since the key would be sent along.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { Clock } from '../../system/clock.ts';
import { alarm } from '../../system/deadline.ts';

export interface Call {
  readonly signal: AbortSignal;
  /** The answer is a file, whose pieces are waited for by whoever reads them. */
  readonly streamed: boolean;
}

/** Milliseconds for an answer. */
const patience = 60_000;
/** Bytes a second below which a body is no longer on its way. */
const slowest = 65_536;
/** A page of a thousand objects has less than a tenth of it. */
const longestAnswer = 16_777_216;

type Fetch = typeof fetch;

export class BoundedFetch {
  readonly #clock: Clock;
  readonly #calls = new AsyncLocalStorage<Call>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whatever is asked for within `work` is asked for by this call. */
  during<T>(call: Call, work: () => Promise<T>): Promise<T> {
    return this.#calls.run(call, work);
  }

  /** For a client that takes a `fetch`. */
  readonly fetch: Fetch = async (input, init = {}) => {
    const call = this.#calls.getStore();
    if (!call) throw new Error('a request that belongs to no call, and so has no bounds');
    const { pathname } = new URL(input instanceof Request ? input.url : input);
    const late = alarm(this.#clock, patience + (sizeOf(init) / slowest) * 1_000, pathname);
    try {
      const signal = AbortSignal.any([call.signal, late.signal]);
      const answer = await fetch(input, { ...init, redirect: 'manual', signal });
      return call.streamed && answer.ok ? answer : await whole(answer);
    } finally {
      late.cancel();
    }
  };
}

/** What comes as a stream says its length in the header. */
function sizeOf({ body, headers }: RequestInit): number {
  if (typeof body === 'string') return body.length;
  return body instanceof Uint8Array ? body.byteLength : Number(new Headers(headers).get('content-length'));
}

async function whole(answer: Response): Promise<Response> {
  const { status, statusText, headers } = answer;
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of answer.body ?? []) {
    bytes += piece.byteLength;
    if (bytes > longestAnswer) throw new Error(`an answer of more than ${longestAnswer} bytes`);
    pieces.push(piece);
  }
  // Of a status such as 204 there is no body, not even an empty one.
  return new Response(pieces.length === 0 ? null : Buffer.concat(pieces), { status, statusText, headers });
}
