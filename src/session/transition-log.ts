/** How a change of state is told in the log and the history. */
import type { Logger } from '../log.ts';
import type { SessionEvent, State } from './state.ts';
import { reasonOf } from './status.ts';

export function logTransition(log: Logger, before: State, state: State, event: SessionEvent): void {
  const fields = {
    from: before.name,
    to: state.name,
    cause: causeOf(event),
    reason: reasonOf(state),
    ...('detail' in event ? { detail: event.detail } : {}),
  };
  const message = `${before.name} → ${state.name}`;
  if (state.name === 'failed' || (state.name === 'stopping' && reasonOf(state) !== null))
    log.warn(fields, message);
  else log.info(fields, message);
}

/** The event's name, with what caused it where it says. */
export function causeOf(event: SessionEvent): string {
  switch (event.type) {
    case 'gone':
    case 'ownership_lost':
    case 'prepare_failed':
    case 'restore_failed':
      return `${event.type}: ${event.cause}`;
    case 'prepared':
      return `${event.type}: ${event.found.profile}`;
    case 'probed':
      return `${event.kind}: ${event.health}`;
    case 'socket':
      return `socket: ${event.state}`;
    default:
      return event.type;
  }
}
