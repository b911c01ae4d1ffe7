/**
 * The thread that seals or opens one stream: age computes a second for some tens of megabytes, which on the main
 * thread would make every probe late.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { NoKeyFits, opened, sealed } from './age-streams.ts';
import { type FromWorker, inFlight, type ToWorker, type WorkerTask } from './worker-protocol.ts';

const port = parentPort;
if (!port) throw new Error('This file is a thread of the daemon and not started by itself.');

const say = (message: FromWorker): void =>
  port.postMessage(message, 'bytes' in message ? [message.bytes.buffer as ArrayBuffer] : []);

const received: Uint8Array[] = [];
let allReceived = false;
let untaken = 0;
let news = Promise.withResolvers<void>();

port.on('message', (message: ToWorker) => {
  if (message.type === 'piece') received.push(message.bytes);
  else if (message.type === 'end') allReceived = true;
  else untaken--;
  news.resolve();
  news = Promise.withResolvers();
});

const input = new ReadableStream<Uint8Array>(
  {
    async pull(controller) {
      while (received.length === 0 && !allReceived) await news.promise;
      const piece = received.shift();
      if (piece === undefined) return controller.close();
      controller.enqueue(piece);
      say({ type: 'taken' });
    },
  },
  { highWaterMark: 0 },
);

async function run(task: WorkerTask): Promise<void> {
  const output = await (task.work === 'seal' ? sealed(input, task) : opened(input, task));
  for await (const piece of output) {
    while (untaken >= inFlight) await news.promise;
    untaken++;
    // Of its own memory: what is handed over is gone here.
    say({ type: 'piece', bytes: new Uint8Array(piece) });
  }
  say({ type: 'end' });
}

run(workerData as WorkerTask).catch((error: unknown) => {
  const message = error instanceof Error ? error.message : String(error);
  say({ type: 'failed', why: error instanceof NoKeyFits ? 'no-key' : 'torn', message });
});
