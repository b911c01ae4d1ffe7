/**
 * What travels in the frames. Everything is JSON but the chunks of streams, which are a u32 stream id
 * (big endian) and raw bytes. Both ends come from the same installation, so there is no negotiation: an unknown
 * kind or a wrong shape is a `ProtocolError`.
 *
 * Ids are chosen by whoever asks or opens, counting from 1, so the two directions never collide.
 */
import { ProtocolError, type WireError } from './errors.ts';
import { encodeFrame, type Frame } from './framing.ts';

export type Message =
  | { readonly kind: 'request'; readonly id: number; readonly method: string; readonly params?: unknown }
  | { readonly kind: 'result'; readonly id: number; readonly result?: unknown }
  | { readonly kind: 'failure'; readonly id: number; readonly error: WireError }
  /** The asker no longer waits. */
  | { readonly kind: 'cancel'; readonly id: number }
  | { readonly kind: 'event'; readonly name: string; readonly data?: unknown }
  | { readonly kind: 'stream-open'; readonly id: number; readonly meta?: unknown }
  | { readonly kind: 'stream-chunk'; readonly id: number; readonly bytes: Uint8Array }
  /** The producer has sent everything. */
  | { readonly kind: 'stream-end'; readonly id: number }
  /** The producer gave up. */
  | { readonly kind: 'stream-abort'; readonly id: number; readonly error: WireError }
  /** The consumer allows so many bytes more. */
  | { readonly kind: 'stream-credit'; readonly id: number; readonly credit: number }
  /** The consumer has taken everything, the end included. */
  | { readonly kind: 'stream-done'; readonly id: number }
  /** The consumer gave up. */
  | { readonly kind: 'stream-cancel'; readonly id: number; readonly error?: WireError };

export type MessageOf<Kind extends Message['kind']> = Extract<Message, { kind: Kind }>;

const kindCodes: { readonly [Kind in Message['kind']]: number } = {
  request: 1,
  result: 2,
  failure: 3,
  cancel: 4,
  event: 5,
  'stream-open': 6,
  'stream-chunk': 7,
  'stream-end': 8,
  'stream-abort': 9,
  'stream-credit': 10,
  'stream-done': 11,
  'stream-cancel': 12,
};

const kindOfCode = new Map(Object.entries(kindCodes).map(([kind, code]) => [code, kind as Message['kind']]));

/** Throws `FrameTooLargeError`, or what `JSON.stringify` throws for values that are not JSON. */
export function encodeMessage(message: Message): Buffer {
  const code = kindCodes[message.kind];
  if (message.kind === 'stream-chunk') {
    const id = Buffer.allocUnsafe(4);
    id.writeUInt32BE(message.id);
    return encodeFrame(code, [id, message.bytes]);
  }
  return encodeFrame(code, [Buffer.from(JSON.stringify({ ...message, kind: undefined }))]);
}

/** Throws nothing but `ProtocolError`. */
export function decodeMessage({ kind: code, payload }: Frame): Message {
  const kind = kindOfCode.get(code);
  if (kind === undefined) throw new ProtocolError(`The peer sent a frame of the unknown kind ${code}.`);
  if (kind === 'stream-chunk') return decodeChunk(payload);
  const body = parse(payload, kind);
  if (!hasShape(kind, body)) throw new ProtocolError(`The peer sent a malformed ${kind}.`);
  return { ...body, kind } as Message;
}

function decodeChunk(payload: Uint8Array): Message {
  if (payload.byteLength < 4) throw new ProtocolError('The peer sent a malformed stream-chunk.');
  const id = new DataView(payload.buffer, payload.byteOffset, 4).getUint32(0);
  return { kind: 'stream-chunk', id, bytes: payload.subarray(4) };
}

type Body = Readonly<Record<string, unknown>>;

function parse(payload: Uint8Array, kind: string): Body {
  let body: unknown;
  try {
    body = JSON.parse(Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength).toString('utf8'));
  } catch {
    // The parser's message quotes the payload, which may hold secrets.
    throw new ProtocolError(`The peer sent a ${kind} that is not JSON.`);
  }
  if (!isObject(body)) throw new ProtocolError(`The peer sent a malformed ${kind}.`);
  return body;
}

function hasShape(kind: Message['kind'], body: Body): boolean {
  if (kind === 'event') return typeof body['name'] === 'string';
  if (!isCount(body['id'])) return false;
  switch (kind) {
    case 'request':
      return typeof body['method'] === 'string';
    case 'failure':
    case 'stream-abort':
      return isWireError(body['error']);
    case 'stream-credit':
      return isCount(body['credit']);
    case 'stream-cancel':
      return body['error'] === undefined || isWireError(body['error']);
    default:
      return true;
  }
}

function isWireError(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { name, message, code } = value;
  const coded = code === undefined || typeof code === 'string';
  return typeof name === 'string' && typeof message === 'string' && coded;
}

function isObject(value: unknown): value is Body {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) > 0;
}
