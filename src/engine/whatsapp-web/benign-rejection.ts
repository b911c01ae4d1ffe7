/**
 * The library throws from handlers that nobody awaits. Which of those rejections mean nothing, so that the
 * host's `unhandledRejection` handler may let them pass; any other ends the host (and only the host).
 */
import { EngineFailure } from '../engine.ts';
import { isContextLost, isProtocolTimeout, isTargetClosed, messageOf } from './failure.ts';

/** What the engine is doing when a rejection turns up. */
export interface EngineCondition {
  /** The main frame is between documents, or the library has not been wired into the new one yet. */
  readonly navigating: boolean;
  /** It has ended, or is being ended: calls that are still under way fail. */
  readonly ended: boolean;
}

/** The library reads the body of WhatsApp's page for a cache that is off; it may be gone by then. */
const unreadBody =
  /Network\.getResponseBody|Could not load (?:response )?body|No resource with given identifier|No data found for resource|response body is unavailable/i;

/** Answers to intercepted requests of a document that is gone (pinned versions only). */
const lateAnswer = /Invalid InterceptionId|Request is already handled/i;

/** A pipe to a browser that is ending. */
const brokenPipe = /\b(?:EPIPE|ECONNRESET|ERR_STREAM_DESTROYED)\b/;

export function isBenignRejection(reason: unknown, condition: EngineCondition): boolean {
  const text = messageOf(reason);
  if (unreadBody.test(text) || lateAnswer.test(text)) return true;
  if (condition.ended) {
    if (reason instanceof EngineFailure || text === 'auth timeout' || brokenPipe.test(text)) return true;
    return isContextLost(text) || isTargetClosed(text) || isProtocolTimeout(text);
  }
  // The engine wires the library into the new document itself and ends by its own deadline if that fails.
  return condition.navigating && (isContextLost(text) || text === 'auth timeout');
}
