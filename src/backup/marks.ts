/**
 * What is found out about a backup after it was taken, beside it in the vault, so that it survives the loss of the
 * volume: objects of their own, since a manifest is never written again. That one is there is what counts, and its name
 * says so; what it holds tells people when and why.
 */
import { VigilError } from '../errors.ts';
import type { Clock } from '../system/clock.ts';
import { type Json, moment, NotExpected, parseObject, text } from '../system/json-fields.ts';
import { type MarkKind, markName } from './backup-names.ts';
import type { BackupRef } from './catalogue.ts';
import { withStagedText } from './staged-text.ts';
import type { StagingTools } from './staging.ts';
import type { Vault } from './vault.ts';
import { readText } from './vault-files.ts';

/** What a mark says; null where it cannot be read, or does not say it. */
export interface BackupMarkNote {
  /** ISO time. */
  readonly at: string | null;
  /** A sentence. */
  readonly why: string | null;
  /** Whatever else it says: figures of a drill, for one. */
  readonly details: Json;
}

export interface MarkTools extends StagingTools {
  readonly vault: Vault;
  readonly clock: Clock;
}

export interface MarkText {
  /** A sentence. */
  readonly why: string;
  /** Further fields. */
  readonly details?: Readonly<Record<string, string | number | boolean | null>>;
}

const version = 1;
/** Bytes; beyond what any mark says. */
const largestMark = 64 * 1_024;
const longestWhy = 4_000;

/** Of these the newest is told; of the others the first one, which says why it all began. */
const renewed: ReadonlySet<MarkKind> = new Set(['drilled']);

/**
 * Puts a mark; one that is there already stays, but for `drilled`, which is renewed. Durable when it resolves. Not held
 * to the floor of free space: a few bytes that keep a session from a backup that would log it out.
 */
export async function markBackup(
  backup: BackupRef,
  kind: MarkKind,
  mark: MarkText,
  tools: MarkTools,
  signal: AbortSignal,
): Promise<void> {
  const { vault, clock } = tools;
  const name = markName(backup.session, backup.id, kind);
  await withStagedText(`mark-${backup.session}`, formatMark(mark, clock.now()), tools, async (source) => {
    if (renewed.has(kind)) await vault.remove(name, signal);
    else if (await isThere(vault, name, signal)) return;
    await vault.put(name, source, signal);
  });
}

/** False where there was none. */
export function clearMark(
  { session, id }: BackupRef,
  kind: MarkKind,
  vault: Vault,
  signal: AbortSignal,
): Promise<boolean> {
  return vault.remove(markName(session, id, kind), signal);
}

/** What a mark says, as far as it can be read; throws only where the vault does not answer. */
export async function readMark(
  { session, id }: BackupRef,
  kind: MarkKind,
  vault: Vault,
  signal: AbortSignal,
): Promise<BackupMarkNote> {
  try {
    return parseMark((await readText(vault, markName(session, id, kind), largestMark, signal)) ?? '');
  } catch (error) {
    const code = error instanceof VigilError ? error.code : null;
    if (code === 'backup_not_found' || code === 'vault_refused') return parseMark('');
    throw error;
  }
}

export function formatMark({ why, details = {} }: MarkText, now: number): string {
  return `${JSON.stringify({ ...details, version, at: new Date(now).toISOString(), why }, null, 2)}\n`;
}

/** Never throws: each field is had, or it is not. */
export function parseMark(found: string): BackupMarkNote {
  const parsed = parseObject(found);
  const it = 'found' in parsed ? parsed.found : {};
  const { version: _version, at: _at, why: _why, ...details } = it;
  return {
    at: orNothing(() => moment(it, 'at')),
    why: orNothing(() => text(it, 'why', longestWhy)),
    details,
  };
}

function orNothing<T>(read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    if (error instanceof NotExpected) return null;
    throw error;
  }
}

/** What is in the way under its name counts as the mark as well, and cannot be replaced. */
export async function isThere(vault: Vault, name: string, signal: AbortSignal): Promise<boolean> {
  try {
    return (await vault.stat(name, signal)) !== null;
  } catch (error) {
    if (error instanceof VigilError && error.code === 'vault_refused') return true;
    throw error;
  }
}
