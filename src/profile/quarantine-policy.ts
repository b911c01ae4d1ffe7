/**
 * Which of a session's profiles in quarantine may go. Pure. "Nobody knows" is never "may go": what cannot be read stays,
 * for a person to look at, and so does the last one that shows a login.
 */
export interface QuarantineEntry {
  /** Of its directory: `<time>-<reason>`. */
  readonly name: string;
  /** Names the login that it holds; null where there is none or nobody can read it. */
  readonly device: string | null;
  /** Whether it shows a login; null where nobody can tell. */
  readonly evidence: boolean | null;
}

export interface QuarantineFacts {
  /** Milliseconds since the epoch. */
  readonly now: number;
  /**
   * The newest backup that is verified, neither rejected nor demoted, and holds the login of the profile in place: when its
   * copy was made, and of which login. Null where there is none.
   */
  readonly backup: { readonly at: number; readonly device: string } | null;
}

export interface QuarantineJudgement {
  readonly name: string;
  readonly goes: boolean;
  /** The rest of a sentence. */
  readonly why: string;
}

/** Milliseconds for which the profile of a login that is dead stays all the same. */
const deadFor = 7 * 86_400_000;
/** WhatsApp has taken the login back, or did not take it any more. */
const dead: ReadonlySet<string> = new Set(['logged_out', 'logout', 'forfeited']);

export function judgeQuarantine(
  entries: readonly QuarantineEntry[],
  facts: QuarantineFacts,
): readonly QuarantineJudgement[] {
  const last = entries
    .filter(({ evidence }) => evidence === true)
    .toSorted((a, b) => (entryTime(a.name) ?? 0) - (entryTime(b.name) ?? 0) || (a.name < b.name ? -1 : 1))
    .at(-1);
  return entries.map((entry) => {
    const { name } = entry;
    if (entry === last) return { name, goes: false, why: 'it is the last one that shows a login' };
    return { name, ...judged(entry, facts) };
  });
}

function judged(
  { name, device, evidence }: QuarantineEntry,
  { now, backup }: QuarantineFacts,
): Omit<QuarantineJudgement, 'name'> {
  const at = entryTime(name);
  if (at === null) return { goes: false, why: 'its name does not say when it came here' };
  if (evidence === null) return { goes: false, why: 'nobody can tell whether it shows a login' };
  const reason = entryReason(name);
  if (reason !== null && dead.has(reason) && now - at >= deadFor)
    return { goes: true, why: 'its login was given back or refused a week ago or longer' };
  if (!backup || at >= backup.at) return { goes: false, why: 'no good backup is newer' };
  // A login that nobody sees in it may have been overlooked: a person gets the same week to look as of a dead one.
  if (!evidence)
    return now - at >= deadFor
      ? { goes: true, why: 'it shows no login, is a week old, and a good backup is newer' }
      : { goes: false, why: 'it shows no login, and is not a week old' };
  if (device === null || device !== backup.device)
    return { goes: false, why: 'the newer backup is not known to be of the same login' };
  return { goes: true, why: 'a good backup of the same login is newer' };
}

const namePattern = /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z-([a-z0-9_-]+)$/;

/** Milliseconds since the epoch, of a whole second; null when the name is not one of ours. */
export function entryTime(name: string): number | null {
  const [, year, month, day, hour, minute, second] = namePattern.exec(name) ?? [];
  const at = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(at) ? null : at;
}

/** Without the number that tells two of one second apart. */
function entryReason(name: string): string | null {
  return namePattern.exec(name)?.[7]?.replace(/-\d+$/, '') ?? null;
}
