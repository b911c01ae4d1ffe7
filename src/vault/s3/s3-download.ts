/**
 * The bytes of an object as a stream of ours: it ends with an error of the port when the store's breaks off or is shorter
 * than was said, and takes the connection with it when its reader leaves.
 */
import { PassThrough, type Readable } from 'node:stream';

export interface Download {
  readonly body: Readable;
  /** Null where the store does not say. */
  readonly bytes: number | null;
  readonly failure: (error: unknown) => unknown;
  readonly brokenOff: (words: string) => Error;
}

export function download({ body, bytes, failure, brokenOff }: Download, signal: AbortSignal): Readable {
  let come = 0;
  const out = new PassThrough({
    transform(chunk: Uint8Array, _encoding, pass) {
      come += chunk.length;
      pass(null, chunk);
    },
    flush(end) {
      const short = bytes !== null && come !== bytes;
      end(short ? brokenOff(`it broke off after ${come} of ${bytes} bytes`) : null);
    },
    destroy(error, done) {
      signal.removeEventListener('abort', stop);
      body.destroy();
      done(error);
    },
  });
  const stop = () => out.destroy(asError(signal.reason));
  body.on('error', (error) => out.destroy(asError(failure(error))));
  body.on('close', () => {
    if (!body.readableEnded) out.destroy(brokenOff('the connection was closed'));
  });
  if (signal.aborted) stop();
  else signal.addEventListener('abort', stop, { once: true });
  return body.pipe(out);
}

const asError = (thrown: unknown): Error => (thrown instanceof Error ? thrown : new Error(String(thrown)));
