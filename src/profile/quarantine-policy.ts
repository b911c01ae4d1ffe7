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

/**
 * A good backup that has just been taken: of which login, and what lay in quarantine before its copy was made. Which of two
 * came first is never read off a clock: one that was ahead at a backup would make it newer than all that comes to
 * quarantine for a year.
 */
export interface Superseding {
  readonly device: string;
  /** Names of directories. */
  readonly before: ReadonlySet<string>;
}

export interface QuarantineFacts {
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly superseding: Superseding | null;
  /** When the session was backed up, as far as that is known. Milliseconds since the epoch. */
  readonly times: readonly number[];
}

export interface QuarantineJudgement {
  readonly name: string;
  readonly goes: boolean;
  /** The rest of a sentence. */
  readonly why: string;
}

const day = 86_400_000;
/** Milliseconds for which the profile of a login that is dead stays all the same. */
const deadFor = 7 * day;
/** The longest time from one thing that is known of to the next that counts, as with backups (retention.ts). */
const longestGap = 2 * day;
/** WhatsApp has taken the login back, or did not take it any more. */
const dead: ReadonlySet<string> = new Set(['logged_out', 'logout', 'forfeited']);

export function judgeQuarantine(
  entries: readonly QuarantineEntry[],
  facts: QuarantineFacts,
): readonly QuarantineJudgement[] {
  const last = entries
    .filter(({ evidence }) => evidence === true)
    .toSorted(oldestFirst)
    .at(-1);
  const times = [...facts.times, ...entries.map(({ name }) => entryTime(name)).filter((at) => at !== null)];
  return entries.map((entry) => {
    const { name } = entry;
    if (entry === last) return { name, goes: false, why: 'it is the last one that shows a login' };
    return { name, ...judged(entry, { ...facts, times }) };
  });
}

function judged(
  { name, device, evidence }: QuarantineEntry,
  { now, superseding, times }: QuarantineFacts,
): Omit<QuarantineJudgement, 'name'> {
  const at = entryTime(name);
  if (at === null) return { goes: false, why: 'its name does not say when it came here' };
  if (evidence === null) return { goes: false, why: 'nobody can tell whether it shows a login' };
  const isOld = countedAge(at, times, now) >= deadFor;
  const reason = entryReason(name);
  if (reason !== null && dead.has(reason) && isOld)
    return { goes: true, why: 'its login was given back or refused a week ago or longer' };
  if (!superseding?.before.has(name)) return { goes: false, why: 'no good backup is known to be newer' };
  // A login that nobody sees in it may have been overlooked: a person gets the same week to look as of a dead one.
  if (!evidence)
    return isOld
      ? { goes: true, why: 'it shows no login, is a week old, and a good backup is newer' }
      : { goes: false, why: 'it shows no login, and is not a week old' };
  if (device === null || device !== superseding.device)
    return { goes: false, why: 'the newer backup is not known to be of the same login' };
  return { goes: true, why: 'a good backup of the same login is newer' };
}

/**
 * Milliseconds from `at` until now, as what is known to have happened in between counts them: a clock that is a year
 * ahead makes nothing older than two days, and what lies in the future is of no age.
 */
export function countedAge(at: number, times: readonly number[], now: number): number {
  let age = 0;
  let before = at;
  for (const time of [...times.filter((one) => one > at && one < now), now].toSorted((a, b) => a - b)) {
    age += Math.min(Math.max(0, time - before), longestGap);
    before = time;
  }
  return age;
}

/** By their names, which come one after the other whatever a clock says (quarantine-place.ts). */
export function oldestFirst(a: Pick<QuarantineEntry, 'name'>, b: Pick<QuarantineEntry, 'name'>): number {
  return (entryTime(a.name) ?? 0) - (entryTime(b.name) ?? 0) || (a.name < b.name ? -1 : 1);
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
