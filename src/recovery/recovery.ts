/**
 * Brings a lost volume's sessions back from the vault: their records at once, as they were; their profiles by the ladder,
 * when each of them starts. Only for who owns the vault: another installation's sessions run elsewhere.
 */
import { type ListedBackup, listBackups, type UsableBackup } from '../backup/catalogue.ts';
import { toVigilError, VigilError } from '../errors.ts';
import type { VaultOwner } from '../installation/vault-owner.ts';
import type { Logger } from '../log.ts';
import type { Registry } from '../registry/registry.ts';
import type { SessionId } from '../session/id.ts';
import type { SessionRecord } from '../session/record.ts';
import type { Clock } from '../system/clock.ts';
import { copyHistory } from './copy-history.ts';
import { type ReadSnapshot, readNewestSnapshot, type SnapshotReader } from './read-snapshot.ts';
import { type PlannedSession, recoveryPlan } from './recovery-plan.ts';
import type { SnapshotManifest } from './snapshot-format.ts';
import { clearUnderWay, isUnderWay, markUnderWay } from './under-way.ts';

export interface RecoveryPorts {
  readonly tools: SnapshotReader;
  readonly clock: Clock;
  readonly log: Logger;
  /** Null where nobody else can reach the vault. */
  readonly owner: VaultOwner | null;
  readonly records: { write(record: SessionRecord): Promise<void> };
  /** Throws `session_refused` where the volume would take another session for this one. */
  readonly requireDistinct: (id: SessionId) => Promise<void>;
  /** Sessions that the settings ask for. */
  readonly named: readonly SessionId[];
  /** Everything that the volume knows of: records, profiles without one. */
  readonly there: (signal: AbortSignal) => Promise<ReadonlySet<SessionId>>;
  /** Takes up what came back, before anybody else can ask for the same. */
  readonly adopt: (records: readonly SessionRecord[]) => void;
  readonly registry: Pick<Registry, 'addTransitions' | 'putIncident'>;
  /** A registry in that file, open. */
  readonly openRegistry: (path: string) => Promise<Registry>;
}

export interface RecoveryPlan {
  readonly snapshot: SnapshotManifest | null;
  readonly sessions: readonly PlannedSession[];
}

export interface RecoveryScope {
  /** Null for all. */
  readonly only: readonly SessionId[] | null;
  /** A person has asked for it, and does not come upon it at a start. */
  readonly agreed: boolean;
}

export interface CarriedOut {
  readonly plan: RecoveryPlan;
  /** On the disk. */
  readonly records: readonly SessionRecord[];
}

export class Recovery {
  readonly #ports: RecoveryPorts;
  /** One after the other: a second one finds what the first has brought back. */
  #line: Promise<unknown> = Promise.resolve();

  constructor(ports: RecoveryPorts) {
    this.#ports = ports;
  }

  /** Changes nothing. Throws what the vault throws: "nothing" is only said by one that answered. */
  plan(scope: RecoveryScope, signal: AbortSignal): Promise<RecoveryPlan> {
    return this.#plan(scope, signal, undefined);
  }

  /**
   * Writes the records of what the plan would bring back, and resolves with them. Throws `vault_owned` before anything is
   * written. Broken off, it is simply done again: what is there by then is left alone.
   */
  carryOut(scope: RecoveryScope, takeOver: boolean, signal: AbortSignal): Promise<CarriedOut> {
    const done = this.#line.then(() => this.#carryOut(scope, takeOver, signal));
    this.#line = done.catch(() => {});
    return done;
  }

  /** One that a start began was broken off. */
  isUnderWay(): Promise<boolean> {
    return isUnderWay(this.#ports.tools.layout);
  }

  async #carryOut(scope: RecoveryScope, takeOver: boolean, signal: AbortSignal): Promise<CarriedOut> {
    const { adopt, owner, records, requireDistinct, log } = this.#ports;
    signal.throwIfAborted();
    // A vault that is not there is not made by a look at what it holds.
    await this.#ports.tools.vault.list('sessions/', signal);
    if (takeOver) await owner?.takeOver(signal);
    else await owner?.require(signal);
    const plan = await this.#plan(scope, signal, (path) => this.#takeHistory(path));
    // A person types the command again; a start has to know that the volume is not all there is. What it asks for by name it
    // misses again.
    const isOfAll = !scope.agreed && scope.only === null;
    if (isOfAll) await markUnderWay(this.#ports.tools);
    const written: SessionRecord[] = [];
    for (const { record, session, action, backup } of plan.sessions) {
      if (record === null) continue;
      const refusal = await requireDistinct(session).then(() => null, toVigilError);
      if (refusal) {
        log.error({ session, err: refusal }, 'A session is not brought back');
        continue;
      }
      await records.write(record);
      written.push(record);
      log.info({ session, action, backup: backup?.id ?? null }, 'A session is brought back from the vault');
    }
    if (isOfAll) await clearUnderWay(this.#ports.tools);
    adopt(written);
    return { plan, records: written };
  }

  async #plan(
    { only, agreed }: RecoveryScope,
    signal: AbortSignal,
    onRegistry: ((path: string) => Promise<void>) | undefined,
  ): Promise<RecoveryPlan> {
    const { tools, clock, named, log } = this.#ports;
    const listed = await listBackups(tools.vault, null, signal);
    const snapshot = await readNewestSnapshot(
      {
        signal,
        onPassedOver: (id, why) =>
          log.warn({ snapshot: id, why }, 'A snapshot of the registry was passed over'),
        ...(onRegistry ? { onRegistry } : {}),
      },
      tools,
    );
    const sessions = recoveryPlan({
      records: snapshot?.records ?? [],
      backups: newestGood(listed, snapshot),
      named,
      there: await this.#ports.there(signal),
      agreed,
      now: clock.now(),
    });
    return { snapshot: snapshot?.manifest ?? null, sessions: chosen(sessions, only) };
  }

  /** History is for people: what of it cannot be read keeps no session away. */
  async #takeHistory(path: string): Promise<void> {
    const { openRegistry, registry, log } = this.#ports;
    try {
      const from = await openRegistry(path);
      try {
        await copyHistory(from, registry);
      } finally {
        await from.close();
      }
    } catch (error) {
      log.warn({ err: error }, 'The history in the snapshot cannot be read, and begins anew');
    }
  }
}

function chosen(
  sessions: readonly PlannedSession[],
  only: readonly SessionId[] | null,
): readonly PlannedSession[] {
  if (only === null) return sessions;
  const missing = only.find((id) => !sessions.some(({ session }) => session === id));
  if (missing !== undefined)
    throw new VigilError('session_not_found', `The vault knows no session "${missing}".`, {
      subject: missing,
      remedy: '`vigil recover --dry-run` shows what it knows.',
    });
  return sessions.filter(({ session }) => only.includes(session));
}

/** Of each session the newest that was neither rejected nor demoted; else the newest that was not rejected. */
function newestGood(
  listed: readonly ListedBackup[],
  snapshot: ReadSnapshot | null,
): ReadonlyMap<SessionId, UsableBackup> {
  const rejected = new Map(snapshot?.records.map((record) => [record.id, record.rejected]));
  const good = new Map<SessionId, UsableBackup>();
  for (const one of listed) {
    if (!('manifest' in one) || one.marks.includes('rejected')) continue;
    if (rejected.get(one.session)?.includes(one.id)) continue;
    const before = good.get(one.session);
    const better = before?.marks.includes('demoted') && !one.marks.includes('demoted');
    if (!before || better) good.set(one.session, one);
  }
  return good;
}
