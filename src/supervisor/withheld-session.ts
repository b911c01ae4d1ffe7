/** A session that another installation may run: it is shown with who that is, and is not started here. */
import { VigilError } from '../errors.ts';
import type { SessionId } from '../session/id.ts';
import type { SessionView } from '../session/session-view.ts';

/** The reason that a session shows which would run here otherwise; one that a person has stopped is simply that. */
export const withheldReason = 'vault_owned';

export function withheldView(view: SessionView, why: VigilError): SessionView {
  return view.reason === withheldReason ? { ...view, remedy: `${why.message} ${why.remedy}` } : view;
}

/** @param what what was to be done to it: `started` */
export function withheldRefusal(id: SessionId, what: string, why: VigilError): VigilError {
  return new VigilError(
    why.code,
    `Session "${id}" is not ${what}, since it may run elsewhere as the same device: ${why.message}`,
    { subject: id, remedy: why.remedy, details: why.details, cause: why },
  );
}
