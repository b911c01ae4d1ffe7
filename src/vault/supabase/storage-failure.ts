/**
 * What Supabase Storage said, in one form. It says "no" in three: an error that supabase-js returns, one that it throws,
 * and an answer that holds nothing of what was asked for. Nearly every refusal comes with HTTP status 400; what is meant
 * stands in the body, as text.
 */
import { StorageApiError } from '@supabase/supabase-js';
import { VigilError } from '../../errors.ts';
import { DeadlineExceeded } from '../../system/deadline.ts';

export class StorageFailure extends Error {
  /** The body's own code, the HTTP status where it has none; null where there was no answer that says anything. */
  readonly code: number | null;

  constructor(code: number | null, said: string) {
    super(said);
    this.name = 'StorageFailure';
    this.code = code;
  }

  /** Whether it may have been done all the same: nobody answered, or something in between did. */
  get leavesOpen(): boolean {
    return this.code === null || this.code >= 500 || this.code === 408;
  }
}

/** Of whatever supabase-js returned or threw. What this program said itself passes. */
export function storageFailure(error: unknown): StorageFailure | VigilError {
  if (error instanceof VigilError || error instanceof StorageFailure) return error;
  if (error instanceof StorageApiError) {
    // Where the body has no code, the client puts the name of an error in its place, or the status.
    const code = Number(error.statusCode);
    return new StorageFailure(Number.isInteger(code) ? code : error.status, words(error.message));
  }
  return new StorageFailure(null, unanswered(error));
}

/** Of an answer of the resumable upload: the code is the status, but where a body in JSON says another. */
export function resumableFailure(status: number, body: string): StorageFailure {
  let said: unknown;
  try {
    said = JSON.parse(body);
  } catch {
    return new StorageFailure(status, words(body.startsWith('<') ? `status ${status}` : body));
  }
  const { statusCode, message } = (said ?? {}) as { statusCode?: unknown; message?: unknown };
  const code = Number(statusCode ?? status);
  return new StorageFailure(Number.isInteger(code) ? code : status, words(String(message ?? '')));
}

/** Never the text of the error itself: of a header that cannot be sent it holds the key. */
function unanswered(thrown: unknown): string {
  let kind = 'no answer';
  for (let error = thrown, depth = 0; error instanceof Error && depth < 6; depth++) {
    if (error instanceof DeadlineExceeded) return 'no answer in time';
    if (error instanceof SyntaxError) return 'an answer that is not of Supabase Storage';
    const code: unknown = (error as { code?: unknown }).code;
    if (typeof code === 'string' && /^[A-Z][A-Z0-9_]{2,40}$/.test(code)) kind = code;
    error = (error as { originalError?: unknown }).originalError ?? error.cause;
  }
  return kind;
}

function words(text: string): string {
  const printable = text.replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ').trim();
  return printable.length > 200 ? `${printable.slice(0, 199)}…` : printable;
}

export interface Place {
  /** `supabase:whatsapp-backups` */
  readonly vault: string;
  readonly bucket: string;
  readonly url: string;
  /** For no message, whatever a server puts into its own. */
  readonly key: string;
}

/** In the words of the vault port: whether asking again can help, or only a person. */
export function asVigilError({ code, message }: StorageFailure, place: Place, doing: string): VigilError {
  const { vault, bucket, url } = place;
  const [kind, remedy] = meaning(code, place);
  const number = code === null ? '' : ` (${code})`;
  const reason = message.replaceAll(place.key, '[secret]') || 'it gave no reason';
  const said = `The vault ${vault} at ${url} ${verbs[kind]} ${doing}: ${reason}${number}.`;
  return new VigilError(kind, said, { subject: bucket, ...(remedy === null ? {} : { remedy }) });
}

const verbs = {
  disk_full: 'has no room left to',
  vault_refused: 'refuses to',
  vault_unavailable: 'could not',
} as const;

type Kind = keyof typeof verbs;

function meaning(code: number | null, { bucket, url }: Place): readonly [Kind, remedy: string | null] {
  if (code === null || code >= 500 || [408, 409, 423, 429].includes(code)) {
    if (code === 507) return ['disk_full', 'Make room in the project, or let retention keep less.'];
    return ['vault_unavailable', null];
  }
  switch (code) {
    case 401:
    case 403:
      return [
        'vault_refused',
        `Set SUPABASE_SECRET_KEY to the secret key (or the service_role key) of the project at ${url}; it has to read, write, move and delete in the bucket "${bucket}".`,
      ];
    case 402:
      return ['vault_refused', 'The project is over its quota: enlarge it, or remove what it holds.'];
    case 404:
      return ['vault_refused', bucketRemedy(bucket, url)];
    case 413:
      return [
        'vault_refused',
        `Raise the file size limit of the bucket "${bucket}" and of the project (Storage settings) above the size of a backup.`,
      ];
    case 415:
      return ['vault_refused', `Remove the restriction of MIME types from the bucket "${bucket}".`];
    default:
      if (code < 400)
        return ['vault_refused', `Correct SUPABASE_URL: ${url} answers with a redirection, or not at all.`];
      return ['vault_refused', null];
  }
}

export function bucketRemedy(bucket: string, url: string): string {
  return (
    `Create the private bucket "${bucket}" with \`vigil doctor --create\` or in the dashboard of the project at ${url}. ` +
    'If it is there, SUPABASE_SECRET_KEY is not the secret (service_role) key of that project.'
  );
}
