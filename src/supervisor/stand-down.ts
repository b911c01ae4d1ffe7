/**
 * Stops the sessions that another installation may run, and keeps them from starting, for as long as the vault is its own
 * beyond doubt. It can have what the vault holds: a session of whose login no backup was ever there goes on.
 */
import { mapAtOnce } from '../backup/at-once.ts';
import { backupsOf } from '../backup/catalogue.ts';
import type { Vault } from '../backup/vault.ts';
import { toVigilError, VigilError } from '../errors.ts';
import {
  clearLostVault,
  type LostVault,
  type LostVaultTools,
  readLostVault,
  writeLostVault,
} from '../installation/lost-vault.ts';
import { askAgain } from '../installation/renewal.ts';
import type { Rival } from '../installation/rivals.ts';
import type { Standing } from '../installation/standing.ts';
import type { Logger } from '../log.ts';
import { refusal } from '../restore/login-origin.ts';
import type { SessionId } from '../session/id.ts';
import type { SessionRecord } from '../session/record.ts';
import type { Session } from '../session/session.ts';
import type { Clock, Timer } from '../system/clock.ts';

export interface StandDownPorts extends LostVaultTools {
  /** To look into; its name is the one that people know. */
  readonly vault: Vault;
  readonly clock: Clock;
  readonly log: Logger;
  /** Those that run, and those that nobody has taken up. */
  readonly sessions: () => readonly Session[];
  readonly records: { readAll(): Promise<{ readonly records: readonly SessionRecord[] }> };
  /** Who has a right that is withheld loses it. Called whenever it may have changed. */
  readonly withhold: (why: (session: SessionId) => VigilError | null) => void;
}

type Refused = Extract<Standing, { owner: false }>;

const readAtOnce = 8;

export class StandDown {
  readonly #ports: StandDownPorts;
  readonly #ending = new AbortController();
  /** Null while the vault is ours, or nobody can say whose it is. */
  #lost: { readonly error: VigilError; readonly sessions: ReadonlySet<string> } | null = null;
  #line: Promise<void> = Promise.resolve();
  #retry: Timer | null = null;

  constructor(ports: StandDownPorts) {
    this.#ports = ports;
  }

  /** What an earlier run had found, before anything starts; nothing where the vault is another one since. */
  async resume(): Promise<void> {
    const { vault, log } = this.#ports;
    const found = await readLostVault(this.#ports);
    if (found === null) return;
    if (found.vault !== vault.name) {
      await clearLostVault(this.#ports);
      return;
    }
    log.warn(
      { sessions: found.sessions, problem: found.problem },
      'The vault was another installation’s when the daemon ran last; its sessions wait until it is ours',
    );
    const error = new VigilError('vault_owned', found.problem, { remedy: found.remedy });
    this.#withhold(error, new Set(found.sessions));
  }

  /** One after the other; what each comes to is done when `settled` resolves. */
  stands(standing: Standing): void {
    this.#retry?.cancel();
    this.#line = this.#line
      .then(() => this.#take(standing))
      .catch((err) => this.#ports.log.error({ err }, 'Whose the sessions are could not be acted upon'));
  }

  settled(): Promise<void> {
    return this.#line;
  }

  /** Resolves when nothing is written any more. */
  stop(): Promise<void> {
    this.#retry?.cancel();
    this.#ending.abort(new Error('The daemon is shutting down.'));
    return this.#line;
  }

  /** Why the session is not to be run here; null when it may be. */
  refusal(session: SessionId): VigilError | null {
    return this.#lost?.sessions.has(session) ? this.#lost.error : null;
  }

  /** Why nothing of the vault is to be put in a profile's place; null when it may be. */
  get restoreRefusal(): VigilError | null {
    return this.#lost?.error ?? null;
  }

  async #take(standing: Standing): Promise<void> {
    if (this.#ending.signal.aborted) return;
    if (standing.owner) await this.#over();
    // Nobody can say: what is, stays. A vault that is down stops no session, and lets none go.
    else if (standing.by !== null) await this.#yieldTo(standing.by, standing);
  }

  async #yieldTo({ kind }: Rival, standing: Refused): Promise<void> {
    const { log, vault, clock } = this.#ports;
    const { error } = standing;
    const { theirs, sure } = await this.#theirs(kind);
    if (this.#ending.signal.aborted) return;
    if (!sure) this.#retry = clock.setTimer(askAgain, () => this.stands(standing));
    const before = this.#lost;
    this.#withhold(error, new Set(theirs));
    if (before === null || !isSame(before.sessions, theirs))
      log.error({ err: error, sessions: theirs }, 'Another installation may run these sessions: they stop');
    const { message: problem, remedy } = error;
    const lost: LostVault = { version: 1, vault: vault.name, problem, remedy, sessions: theirs };
    await writeLostVault(lost, this.#ports).catch((err) =>
      log.error({ err }, 'That the vault is another’s could not be noted; a restart has to ask it'),
    );
  }

  async #over(): Promise<void> {
    const was = this.#lost;
    this.#lost = null;
    this.#ports.withhold(() => null);
    const { log } = this.#ports;
    await clearLostVault(this.#ports).catch((err) =>
      log.error({ err }, 'That the vault was another’s is still noted; a restart has to ask it'),
    );
    if (was === null) return;
    log.info({ sessions: [...was.sessions] }, 'The vault is ours again, and its sessions go on');
    for (const session of this.#ports.sessions()) if (was.sessions.has(session.id)) this.#wake(session);
  }

  /** It may still be closing, or be refused just now. A person's word comes first. */
  #wake(session: Session): void {
    const rests = () => session.state.name === 'resting' && session.state.cause === 'vault_owned';
    session
      .until(({ state: { name } }) => name !== 'stopping' && name !== 'claiming', this.#ending.signal)
      .then(() => session.post({ type: 'timeout' }, rests))
      // The daemon ends.
      .catch(() => {});
  }

  #withhold(error: VigilError, sessions: ReadonlySet<string>): void {
    this.#lost = { error, sessions };
    this.#ports.withhold((session) => this.refusal(session));
  }

  /** Those of which the vault holds a backup that a restore would try. A copy of the volume has all by itself. */
  async #theirs(
    kind: Rival['kind'],
  ): Promise<{ readonly theirs: readonly SessionId[]; readonly sure: boolean }> {
    const withLogin = (await this.#records()).filter(({ login }) => login !== 'none');
    const ids = withLogin.map(({ id }) => id);
    if (kind === 'copy') return { theirs: ids, sure: true };
    let down: VigilError | null = null;
    const held = await mapAtOnce(withLogin, readAtOnce, async (record) => {
      if (down) return true;
      try {
        return await this.#isHeld(record);
      } catch (thrown) {
        const error = toVigilError(thrown);
        // What hides one session's backups says nothing of the others'.
        if (error.code !== 'vault_refused') down = error;
        return true;
      }
    });
    if (down)
      this.#ports.log.warn(
        { err: down },
        'What the vault holds cannot be said; it may be any session of this volume',
      );
    return { theirs: ids.filter((_, index) => held[index]), sure: down === null };
  }

  async #records(): Promise<readonly SessionRecord[]> {
    const { sessions, records } = this.#ports;
    const known = new Map(sessions().map(({ id, record }) => [id, record]));
    const { records: all } = await records.readAll();
    return [...known.values(), ...all.filter(({ id }) => !known.has(id))];
  }

  async #isHeld(record: SessionRecord): Promise<boolean> {
    for await (const one of backupsOf(this.#ports.vault, record.id, this.#ending.signal)) {
      if ('manifest' in one ? refusal(one.manifest, record, []) === null : one.unread) return true;
    }
    return false;
  }
}

function isSame(before: ReadonlySet<string>, after: readonly string[]): boolean {
  return before.size === after.length && after.every((id) => before.has(id));
}
