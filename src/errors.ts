/**
 * The catalogue of failures that a person or a program can meet: one code each, with the exit code of the
 * command line, the HTTP status, whether trying again can help, and what to do.
 *
 * A message names the subject, what was expected and what was found; the remedy stands apart from it, so
 * that surfaces can lay both out. Codes are public: they are never renamed or reused.
 */

/** `transient` may pass by itself, `permanent` needs a person, `fatal` ends the process. */
export type Disposition = 'transient' | 'permanent' | 'fatal';

export interface CatalogueEntry {
  /** Exit code of the command line. */
  readonly exit: number;
  /** Status of an HTTP answer that carries this error. */
  readonly http: number;
  readonly disposition: Disposition;
  /** One sentence for the documentation. */
  readonly meaning: string;
  /** What a person does about it, when the place that raised it knows nothing better. */
  readonly remedy: string;
}

/** Exit codes of `vigil`, documented in docs/errors.md. */
export const exitCode = {
  ok: 0,
  internal: 1,
  usage: 2,
  notFound: 3,
  refused: 4,
  timeout: 5,
  sessionFailed: 6,
  doctor: 7,
  unavailable: 69,
  disk: 74,
  busy: 75,
  permission: 77,
  config: 78,
} as const;

export const catalogue = {
  internal: {
    exit: exitCode.internal,
    http: 500,
    disposition: 'permanent',
    meaning: 'Something failed that this program has no name for.',
    remedy: 'Look at the log around this moment and report it with `vigil doctor --json`.',
  },
  usage: {
    exit: exitCode.usage,
    http: 400,
    disposition: 'permanent',
    meaning: 'The command line or the request is not of the form that is expected.',
    remedy: 'See `vigil help`.',
  },
  invalid_session_id: {
    exit: exitCode.usage,
    http: 400,
    disposition: 'permanent',
    meaning: 'A session id is not 1 to 64 letters, digits, hyphens or underscores, or is a reserved word.',
    remedy: 'Choose another id.',
  },
  invalid_config: {
    exit: exitCode.config,
    http: 500,
    disposition: 'fatal',
    meaning: 'One or more settings are unknown, malformed or contradict each other.',
    remedy: 'Mend the settings that are named; `vigil config` shows what is in force and where it came from.',
  },
  not_yet_available: {
    exit: exitCode.config,
    http: 501,
    disposition: 'permanent',
    meaning: 'A documented setting or command is not part of this version yet.',
    remedy: 'Remove it, or use a version that has it (CHANGELOG.md).',
  },
  session_not_found: {
    exit: exitCode.notFound,
    http: 404,
    disposition: 'permanent',
    meaning: 'There is no session of that id on this volume.',
    remedy: '`vigil sessions` lists them; `vigil pair <id>` creates one.',
  },
  session_refused: {
    exit: exitCode.refused,
    http: 409,
    disposition: 'permanent',
    meaning: 'The session is in a state in which this cannot be done.',
    remedy: 'See the state with `vigil sessions`.',
  },
  session_failed: {
    exit: exitCode.sessionFailed,
    http: 409,
    disposition: 'permanent',
    meaning: 'The session ended in `failed` while it was waited for.',
    remedy: 'The reason says what a person must do; see docs/operations.md.',
  },
  deadline_exceeded: {
    exit: exitCode.timeout,
    http: 504,
    disposition: 'transient',
    meaning: 'Something did not happen within its deadline.',
    remedy: 'Look at the log; try again.',
  },
  daemon_unavailable: {
    exit: exitCode.unavailable,
    http: 503,
    disposition: 'transient',
    meaning: 'A daemon holds the volume but does not answer on its control socket, or is shutting down.',
    remedy: 'Wait a moment and try again; if it lasts, restart the daemon.',
  },
  volume_missing: {
    exit: exitCode.disk,
    http: 500,
    disposition: 'fatal',
    meaning: 'The volume is not where it is expected to be, or nothing is mounted there.',
    remedy: 'Mount the volume or set VIGIL_VOLUME.',
  },
  volume_permission: {
    exit: exitCode.permission,
    http: 500,
    disposition: 'fatal',
    meaning: 'The volume belongs to another user or does not let this program write.',
    remedy: 'Run as the owner of the volume, or hand it over with chown.',
  },
  volume_busy: {
    exit: exitCode.busy,
    http: 503,
    disposition: 'transient',
    meaning: 'Another daemon or command holds the volume.',
    remedy: 'Stop the other one; two on one volume would run two browsers on one profile.',
  },
  disk_full: {
    exit: exitCode.disk,
    http: 507,
    disposition: 'transient',
    meaning: 'The volume has less free space than the running browsers need.',
    remedy: 'Free space or enlarge the volume.',
  },
  chromium_not_found: {
    exit: exitCode.unavailable,
    http: 503,
    disposition: 'permanent',
    meaning: 'No Chromium that this program can use was found.',
    remedy: 'Install one (`apt-get install chromium`) or set PUPPETEER_EXECUTABLE_PATH.',
  },
  chromium_too_old: {
    exit: exitCode.unavailable,
    http: 503,
    disposition: 'permanent',
    meaning: 'The Chromium that was found is older than WhatsApp Web and this program need.',
    remedy: 'Install a current one (`apt-get install chromium`) or set PUPPETEER_EXECUTABLE_PATH.',
  },
  engine_unusable: {
    exit: exitCode.unavailable,
    http: 503,
    disposition: 'fatal',
    meaning: 'The whatsapp-web.js named by VIGIL_WWEBJS does not load or lacks what this program calls.',
    remedy: 'Correct VIGIL_WWEBJS or remove it to use the version that is shipped.',
  },
  profile_in_use: {
    exit: exitCode.busy,
    http: 409,
    disposition: 'transient',
    meaning: 'A living browser that is not ours runs on the profile.',
    remedy: 'Stop the other program (its pid and command line are named); the session starts by itself then.',
  },
  profile_damaged: {
    exit: exitCode.refused,
    http: 409,
    disposition: 'permanent',
    meaning: 'A profile, or a copy of one, is damaged or holds no login.',
    remedy: 'The message says what is wrong; `vigil restore <id>` puts the newest good backup in its place.',
  },
  profile_unverifiable: {
    exit: exitCode.refused,
    http: 409,
    disposition: 'permanent',
    meaning: 'Nobody can say whether a profile is sound: it cannot be read, or its layout is not known.',
    remedy:
      'Look at the file that the message names: its owner, the disk, the version of the browser. `vigil restore <id>` puts a backup in its place.',
  },
  snapshot_failed: {
    exit: exitCode.timeout,
    http: 503,
    disposition: 'transient',
    meaning: 'The browser could not be held still, or not for long enough, to copy its profile.',
    remedy: 'Try again; the session was not harmed. If it lasts, stop the session and back it up then.',
  },
  backup_not_found: {
    exit: exitCode.notFound,
    http: 404,
    disposition: 'permanent',
    meaning: 'The vault holds no such backup.',
    remedy: '`vigil backups <id>` lists what there is.',
  },
  backup_damaged: {
    exit: exitCode.refused,
    http: 409,
    disposition: 'permanent',
    meaning: 'A backup does not hold what its manifest says, or is no archive that this program accepts.',
    remedy: 'Choose another one with `vigil backups <id>`; keep this one for whoever looks into it.',
  },
  import_unusable: {
    exit: exitCode.refused,
    http: 409,
    disposition: 'permanent',
    meaning:
      'What was to be imported is no profile of a browser with a login in it, is damaged, or is no zip that this program accepts.',
    remedy:
      'The message says what is wrong; docs/moving-over.md says where each program keeps its profiles. What cannot be imported is linked anew: `vigil pair <id>`.',
  },
  backup_key_missing: {
    exit: exitCode.config,
    http: 409,
    disposition: 'permanent',
    meaning: 'A backup is encrypted, and no key that is configured here opens it.',
    remedy:
      'Set VIGIL_BACKUP_IDENTITY, VIGIL_BACKUP_PASSPHRASE or VIGIL_BACKUP_OLD_PASSPHRASE to the key that it was made with.',
  },
  drill_incomplete: {
    exit: exitCode.unavailable,
    http: 503,
    disposition: 'transient',
    meaning: 'A drill did not come to its end, so nobody knows more about the backup than before.',
    remedy: 'Try again; if it lasts, `vigil doctor` tries the browser.',
  },
  vault_unavailable: {
    exit: exitCode.unavailable,
    http: 503,
    disposition: 'transient',
    meaning: 'The vault does not answer, or cannot be read or written just now.',
    remedy: 'Look at the vault that the message names; what waits for it is tried again by itself.',
  },
  vault_refused: {
    exit: exitCode.config,
    http: 500,
    disposition: 'permanent',
    meaning: 'The vault does not allow what this program needs of it.',
    remedy: 'Look at VIGIL_VAULT and its permissions; `vigil doctor` says more.',
  },
  vault_owned: {
    exit: exitCode.refused,
    http: 409,
    disposition: 'permanent',
    meaning:
      'The vault belongs to another installation, and two must never write to one or run its sessions.',
    remedy:
      'Stop the other one for good and take over with `vigil recover --take-over`, or name a vault of its own.',
  },
  registry_unavailable: {
    exit: exitCode.unavailable,
    http: 503,
    disposition: 'transient',
    meaning: 'The registry cannot be read or written. Supervision goes on without it.',
    remedy: 'Look at the disk and the file named; history is missing until it answers again.',
  },
  registry_too_new: {
    exit: exitCode.config,
    http: 500,
    disposition: 'fatal',
    meaning: 'The registry was written by a newer version of this program.',
    remedy: 'Run that version or a newer one.',
  },
  unauthorized: {
    exit: exitCode.permission,
    http: 401,
    disposition: 'permanent',
    meaning: 'The request carries no valid API key.',
    remedy: 'Send VIGIL_API_KEY as `X-API-Key` or as a Bearer token, or log in on the page.',
  },
  forbidden: {
    exit: exitCode.permission,
    http: 403,
    disposition: 'permanent',
    meaning: 'The request comes from a page or a host name, or by a way, that is not allowed to make it.',
    remedy: 'Use the address that the daemon printed at its start.',
  },
  not_found: {
    exit: exitCode.notFound,
    http: 404,
    disposition: 'permanent',
    meaning: 'There is nothing at this address.',
    remedy: 'See docs/http.md for the addresses.',
  },
  too_many_requests: {
    exit: exitCode.refused,
    http: 429,
    disposition: 'transient',
    meaning: 'Too many requests in a short time.',
    remedy: 'Wait as long as `Retry-After` says.',
  },
} as const satisfies Record<string, CatalogueEntry>;

export type ErrorCode = keyof typeof catalogue;

export interface VigilErrorOptions {
  /** What a person does about it; else the catalogue's. */
  readonly remedy?: string;
  /** What it is about: a session id, a path, a setting. Never a secret. */
  readonly subject?: string;
  readonly cause?: unknown;
  /** Further facts for programs (`--json`, HTTP `details`). Never a secret. */
  readonly details?: unknown;
}

/** The one error that this program raises on purpose. */
export class VigilError extends Error {
  readonly code: ErrorCode;
  readonly remedy: string;
  readonly subject: string | undefined;
  readonly details: unknown;

  constructor(code: ErrorCode, message: string, options: VigilErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'VigilError';
    this.code = code;
    this.remedy = options.remedy ?? catalogue[code].remedy;
    this.subject = options.subject;
    this.details = options.details;
  }

  get exit(): number {
    return catalogue[this.code].exit;
  }

  get http(): number {
    return catalogue[this.code].http;
  }

  get disposition(): Disposition {
    return catalogue[this.code].disposition;
  }
}

/** Any thrown thing as a `VigilError`; the library throws strings as well as errors. */
export function toVigilError(thrown: unknown): VigilError {
  if (thrown instanceof VigilError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new VigilError('internal', message, { cause: thrown });
}
