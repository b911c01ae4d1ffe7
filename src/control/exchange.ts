/** One request over the control socket, with a deadline, and its answer read as this program's own errors. */
import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import { catalogue, type ErrorCode, VigilError } from '../errors.ts';
import type { Clock } from '../system/clock.ts';
import { socketAddress } from './socket-path.ts';

export interface Line {
  /** Path of the socket. */
  readonly socket: string;
  readonly clock: Clock;
}

export interface Asked {
  readonly method: 'GET' | 'POST' | 'PATCH';
  readonly path: string;
  readonly body?: unknown;
  /** Milliseconds for the whole answer; of a stream, for its beginning. */
  readonly deadline: number;
  readonly signal?: AbortSignal;
}

const mostBytes = 8 * 1024 * 1024;

/** The `data` of the answer. Throws the `VigilError` that the daemon raised, or `daemon_unavailable`. */
export async function ask(line: Line, asked: Asked): Promise<unknown> {
  await using answer = await open(line, asked);
  return answer.read();
}

export interface Answer extends AsyncDisposable {
  readonly response: IncomingMessage;
  /** The whole body as an envelope, within the deadline. */
  read(): Promise<unknown>;
  /** The deadline does not count any more: a stream begins. */
  stream(): void;
}

/** Resolves once the head of the answer is there, whatever its status. */
export async function open(line: Line, asked: Asked): Promise<Answer> {
  const address = await socketAddress(line.socket).catch((cause: NodeJS.ErrnoException) => {
    throw unreachable(line, cause);
  });
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const sent = send(address.path, asked);
  let late = false;
  const timer = line.clock.setTimer(asked.deadline, () => {
    late = true;
    sent.destroy();
  });
  const failed = (cause: unknown): VigilError => (late ? overdue(asked) : unreachable(line, cause));
  sent.on('response', resolve);
  sent.on('error', (cause) => reject(failed(cause)));
  try {
    const response = await promise;
    // Without a listener an error after the answer's head would end the process.
    response.on('error', () => {});
    return {
      response,
      stream: () => timer.cancel(),
      read: async () => {
        try {
          return data(response.statusCode ?? 0, await whole(response));
        } catch (thrown) {
          throw thrown instanceof VigilError ? thrown : failed(thrown);
        } finally {
          timer.cancel();
        }
      },
      [Symbol.asyncDispose]: async () => {
        timer.cancel();
        sent.destroy();
      },
    };
  } catch (thrown) {
    timer.cancel();
    throw thrown;
  } finally {
    await address[Symbol.asyncDispose]();
  }
}

function send(socketPath: string, { method, path, body, signal }: Asked): ClientRequest {
  const text = body === undefined ? undefined : JSON.stringify(body);
  const sent = request({
    socketPath,
    method,
    path,
    agent: false,
    headers: {
      host: 'localhost',
      ...(text === undefined
        ? {}
        : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
    },
    ...(signal ? { signal } : {}),
  });
  sent.end(text);
  return sent;
}

async function whole(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > mostBytes) throw new VigilError('internal', 'The answer of the daemon is too large.');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

/** A failure as it is told over the socket, by a daemon that may be of another version. */
export interface ToldFailure {
  readonly code?: unknown;
  readonly message?: unknown;
  readonly details?: unknown;
  readonly remedy?: unknown;
}

interface Envelope {
  readonly success?: boolean;
  readonly data?: unknown;
  readonly error?: ToldFailure;
}

function data(status: number, text: string): unknown {
  let envelope: Envelope | null;
  try {
    envelope = JSON.parse(text) as Envelope | null;
  } catch (cause) {
    throw new VigilError('internal', `The daemon answered ${status} with something that is no JSON.`, {
      cause,
    });
  }
  if (envelope?.success === true) return envelope.data;
  throw raised(envelope?.error ?? {}, `The daemon answered ${status}.`);
}

/** The error that the daemon raised; `otherwise` is said where it does not say what was wrong. */
export function raised({ code, message, details, remedy }: ToldFailure, otherwise: string): VigilError {
  // A daemon of another version may know codes that we do not.
  const known = typeof code === 'string' && Object.hasOwn(catalogue, code) ? (code as ErrorCode) : 'internal';
  return new VigilError(known, typeof message === 'string' ? message : otherwise, {
    ...(typeof remedy === 'string' ? { remedy } : {}),
    ...(details === undefined || details === null ? {} : { details }),
  });
}

function unreachable({ socket }: Line, cause: unknown): VigilError {
  const { code } = (cause ?? {}) as NodeJS.ErrnoException;
  if (code === 'EACCES' || code === 'EPERM') {
    return new VigilError('volume_permission', `The control socket ${socket} belongs to another user.`, {
      cause,
      subject: socket,
      remedy: 'Run this command as the user that runs the daemon.',
    });
  }
  return new VigilError('daemon_unavailable', 'The daemon does not answer on its control socket.', {
    cause,
    subject: socket,
  });
}

function overdue({ path, deadline }: Asked): VigilError {
  const message = `The daemon did not answer ${path.split('?')[0]} within ${Math.round(deadline / 1_000)} s.`;
  return new VigilError('deadline_exceeded', message);
}
