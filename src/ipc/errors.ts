/**
 * Everything a channel can refuse, and how errors cross the wire.
 *
 * Every class carries a stable `code`, so that an error that is thrown again on a third process is still
 * recognised there. Callers match on the class where they hold the channel, on the code everywhere else.
 */

/** Why a channel closed. `failed` after a kill is as ordinary as `ended`: which of the two comes is a race. */
export type CloseReason =
  /** The peer ended its side, or died. */
  | { readonly kind: 'ended' }
  /** This side called `close()` or `end()`. */
  | { readonly kind: 'closed' }
  /** The socket failed (ECONNRESET, EPIPE). */
  | { readonly kind: 'failed'; readonly error: Error }
  /** The peer sent bytes that are not this protocol. */
  | { readonly kind: 'protocol'; readonly error: ProtocolError }
  /** The peer does not read: something that may not be lost no longer fitted the queue. */
  | { readonly kind: 'overflow'; readonly error: ChannelFullError };

/** The peer sent bytes that are not this protocol. Closes the channel: there is no way back into step. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';
  readonly code = 'IPC_PROTOCOL';
}

/** A message does not fit a frame. Nothing was sent; big data belongs in a stream. */
export class FrameTooLargeError extends Error {
  override readonly name = 'FrameTooLargeError';
  readonly code = 'IPC_TOO_LARGE';
}

/** The queue to the peer is full. Nothing was sent; asking again later may succeed. */
export class ChannelFullError extends Error {
  override readonly name = 'ChannelFullError';
  readonly code = 'IPC_FULL';
}

/** The channel is closed, so the outcome of what was asked is unknown. */
export class ChannelClosedError extends Error {
  override readonly name = 'ChannelClosedError';
  readonly code = 'IPC_CLOSED';
  readonly reason: CloseReason;

  constructor(peer: string, reason: CloseReason) {
    super(
      `The channel to ${peer} is closed: ${describe(reason)}.`,
      'error' in reason ? { cause: reason.error } : {},
    );
    this.reason = reason;
  }
}

/** No answer came in time. The peer was told to stop, but may have finished all the same. */
export class RequestTimeoutError extends Error {
  override readonly name = 'RequestTimeoutError';
  readonly code = 'IPC_TIMEOUT';
}

/** The reason of a handler's signal: the caller no longer waits. */
export class RequestCancelledError extends Error {
  override readonly name = 'RequestCancelledError';
  readonly code = 'IPC_CANCELLED';
}

/** The consumer of a stream stopped reading; `cause` is the `RemoteError` it gave, when it gave one. */
export class StreamCancelledError extends Error {
  override readonly name = 'StreamCancelledError';
  readonly code = 'IPC_STREAM_CANCELLED';
}

/** The peer refused: no such method, or more at once than it takes. Crosses the wire by its code. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError';
  readonly code: 'IPC_NO_METHOD' | 'IPC_BUSY' | 'IPC_NO_STREAM_LISTENER';

  constructor(code: RefusedError['code'], message: string) {
    super(message);
    this.code = code;
  }
}

/** An error as it crosses the wire: no stack, no cause, no other property. */
export interface WireError {
  readonly name: string;
  readonly message: string;
  readonly code?: string;
}

/** What a handler, or the other end of a stream, threw in the peer. */
export class RemoteError extends Error {
  override readonly name = 'RemoteError';
  /** The `name` of the error that was thrown there. */
  readonly remoteName: string;
  readonly code: string | undefined;

  constructor(error: WireError) {
    super(error.message);
    this.remoteName = error.name;
    this.code = error.code;
  }
}

const longestMessage = 16_384;

/** Never throws, whatever was thrown: a hostile `toString` may not take the channel down. */
export function toWireError(thrown: unknown): WireError {
  try {
    if (!(thrown instanceof Error))
      return { name: 'Error', message: String(thrown).slice(0, longestMessage) };
    const name = thrown instanceof RemoteError ? thrown.remoteName : thrown.name;
    const wire = {
      name: String(name).slice(0, 256),
      message: String(thrown.message).slice(0, longestMessage),
    };
    const code = 'code' in thrown ? thrown.code : undefined;
    return typeof code === 'string' ? { ...wire, code: code.slice(0, 256) } : wire;
  } catch {
    return { name: 'Error', message: 'an error that cannot be described' };
  }
}

function describe(reason: CloseReason): string {
  switch (reason.kind) {
    case 'ended':
      return 'the peer ended it';
    case 'closed':
      return 'this side closed it';
    default:
      return reason.error.message;
  }
}
