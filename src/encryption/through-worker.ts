/** One stream through a thread of its own, a few pieces at a time in each direction, whatever its length. */
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { type FromWorker, inFlight, type ToWorker, type WorkerTask } from './worker-protocol.ts';

const program = fileURLToPath(
  new URL(import.meta.url.endsWith('.ts') ? './age-worker.ts' : './age-worker.js', import.meta.url),
);

/** Why the thread could not do it. */
export class WorkFailed extends Error {
  readonly why: 'no-key' | 'torn';

  constructor(why: 'no-key' | 'torn', message: string) {
    super(message);
    this.why = why;
  }
}

/**
 * Ends with `WorkFailed`, with the signal's reason, or with what `bytes` ends with. The thread has ended by the time
 * that this has, whichever way.
 */
export async function* throughWorker(
  bytes: AsyncIterable<Uint8Array>,
  task: WorkerTask,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  signal.throwIfAborted();
  const worker = new Worker(program, {
    workerData: task,
    // The daemon's environment holds keys, and its arguments are nobody's business either.
    env: {},
    argv: [],
    execArgv: program.endsWith('.ts') ? ['--no-warnings'] : [],
    resourceLimits: { maxYoungGenerationSizeMb: 8, maxOldGenerationSizeMb: 96 },
  });
  const received: Uint8Array[] = [];
  let allReceived = false;
  let untaken = 0;
  let failure: { readonly error: unknown } | null = null;
  let news = Promise.withResolvers<void>();
  const tell = () => {
    news.resolve();
    news = Promise.withResolvers();
  };
  const fail = (error: unknown) => {
    failure ??= { error };
    tell();
  };
  const say = (message: ToWorker) =>
    worker.postMessage(message, 'bytes' in message ? [message.bytes.buffer as ArrayBuffer] : []);
  worker.on('message', (message: FromWorker) => {
    if (message.type === 'piece') received.push(message.bytes);
    else if (message.type === 'end') allReceived = true;
    else if (message.type === 'taken') untaken--;
    else fail(new WorkFailed(message.why, message.message));
    tell();
  });
  worker.on('error', fail);
  worker.on('exit', (code) => fail(new Error(`The thread that encrypts has ended (${code}).`)));
  const aborted = () => fail(signal.reason);
  signal.addEventListener('abort', aborted, { once: true });

  const feed = async () => {
    for await (const piece of bytes) {
      while (untaken >= inFlight && !failure) await news.promise;
      if (failure) return;
      untaken++;
      // A copy: the piece may lie in memory that its source uses again.
      say({ type: 'piece', bytes: new Uint8Array(piece) });
    }
    say({ type: 'end' });
  };
  const feeding = feed().catch(fail);

  try {
    for (;;) {
      const piece = received.shift();
      if (piece) {
        say({ type: 'taken' });
        yield piece;
      } else if (allReceived) return;
      else if (failure) throw (failure as { readonly error: unknown }).error;
      else await news.promise;
    }
  } finally {
    failure ??= { error: new Error('Nobody reads any more.') };
    tell();
    signal.removeEventListener('abort', aborted);
    await worker.terminate();
    await feeding;
  }
}
