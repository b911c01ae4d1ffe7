import { VigilError } from '../../src/errors.ts';
import { createLogger } from '../../src/log.ts';
import type { LoginEvidence } from '../../src/profile/verdict.ts';
import type { Incident, TransitionEntry } from '../../src/session/history.ts';
import { type SessionId, sessionId } from '../../src/session/id.ts';
import { defaultPolicy } from '../../src/session/policy.ts';
import type { Admission, Backups, History, Profiles, Records, Upgrades } from '../../src/session/ports.ts';
import { newRecord, type SessionRecord } from '../../src/session/record.ts';
import type { SessionPorts } from '../../src/session/session.ts';
import { FakeClock } from './fake-clock.ts';
import { Gate } from './gate.ts';
import { ScriptedHosts } from './scripted-hosts.ts';
import { scriptedSpec } from './scripted-spec.ts';

export const account = { phone: '4915100000000', name: 'Shop', platform: 'android' };

export function savedRecord(id: string, changes: Partial<SessionRecord> = {}): SessionRecord {
  return { ...newRecord(sessionId(id), Date.UTC(2026, 0, 1)), login: 'settled', ...changes };
}

/** Everything around any number of sessions, played by the test. `steps` tells what was done, in order. */
export class SessionWorld {
  readonly clock = new FakeClock();
  readonly hosts = new ScriptedHosts();
  readonly steps: string[] = [];
  readonly lines: string[] = [];
  readonly log = createLogger({
    level: 'trace',
    clock: this.clock,
    write: (line) => void this.lines.push(line),
  });

  /** What is on the disk. A write counts once it has passed the gate. */
  readonly disk = new Map<SessionId, SessionRecord>();
  readonly writing = new Gate();
  writeRefusal: VigilError | null = null;
  /** As the store does: writes take effect in the order of the calls, even those that nobody waits for any more. */
  #written: Promise<void> = Promise.resolve();
  readonly records: Records = {
    write: (record) => {
      const done = this.#written.then(async () => {
        await this.writing.passage;
        if (this.writeRefusal) throw this.writeRefusal;
        this.disk.set(record.id, record);
        this.steps.push(`write ${record.id}`);
      });
      this.#written = done.catch(() => {});
      return done;
    },
  };

  /** Sessions that have a profile. */
  readonly profiled = new Set<SessionId>();
  readonly preparing = new Gate();
  botRefusal: VigilError | null = null;
  readonly findingBrowser = new Gate();
  readonly profiles: Profiles = {
    prepare: async (id, { forfeited, login }) => {
      await this.preparing.passage;
      if (this.hosts.launched.some((host) => host.spec.session === id && !host.ended))
        throw new VigilError('profile_in_use', `A browser runs on the profile of ${id}.`);
      if (forfeited) this.#moveAway(id);
      if (login !== 'none' && this.profiled.has(id)) return { profile: 'sound', evidence: this.evidence };
      return login === 'settled' ? { profile: 'unsound', problem: 'There is none.' } : { profile: 'fresh' };
    },
    quarantine: async (id) => {
      this.#moveAway(id);
      return `/quarantine/${id}`;
    },
    reap: async () => true,
    copy: async () => ({
      method: 'closed',
      pause: null,
      versions: { library: null, browser: null, web: null },
    }),
  };

  readonly evidence: LoginEvidence = { loginKeys: ['last-wid-md'], databases: [] };
  /** Ids of backups that the vault holds, `<session>-<number>`, newest first. */
  readonly vault: string[] = [];
  vaultRefusal: VigilError | null = null;
  /** Why the backups that are taken count for less than those before. */
  demoted: string | null = null;
  /** Before a copy of the profile is made for a backup. */
  readonly copying = new Gate();
  /** Before a backup has been fetched; heeds the signal. */
  readonly fetching = new Gate();
  /** Some more of the backup that is being fetched has come. */
  arrived: () => void = () => {};
  /** Before it is in place; heeds nothing any more. */
  readonly swapping = new Gate();
  readonly backups: Backups = {
    take: async (session, copy, { signal }) => {
      await this.copying.passage;
      await copy('/staging/copy', signal);
      const mark = {
        id: `${session.id}-${this.vault.length + 1}`,
        at: new Date(this.clock.now()).toISOString(),
      };
      if (this.vaultRefusal) throw this.vaultRefusal;
      this.vault.unshift(mark.id);
      this.steps.push(`back up ${session.id}`);
      return { mark, evidence: this.evidence, demoted: this.demoted, warnings: [] };
    },
    restore: async (session, choice, { signal, progress }) => {
      let done = 0;
      this.arrived = () => progress({ step: 'download', done: ++done, total: null });
      await unlessAborted(this.fetching.passage, signal);
      if (this.vaultRefusal) throw this.vaultRefusal;
      const its = this.vault.filter((one) => one.startsWith(`${session.id}-`));
      const id =
        'backup' in choice
          ? its.find((one) => one === choice.backup)
          : its.find((one) => !choice.except.includes(one));
      if (id === undefined && 'backup' in choice)
        throw new VigilError('backup_not_found', `There is no backup ${choice.backup}.`);
      if (id === undefined) return null;
      await this.swapping.passage;
      this.profiled.add(session.id);
      this.steps.push(`restore ${session.id} from ${id}`);
      const at = '2026-01-01T00:00:00.000Z';
      return { backup: { id, at }, evidence: this.evidence, quarantined: null };
    },
    markRejected: async ({ id, rejected }) => {
      this.steps.push(`mark ${id}: ${rejected.join(', ')}`);
    },
  };

  /** Aborts when the right to run the session is lost. */
  readonly #rights = new Map<SessionId, AbortController>();
  #epoch = 0;

  readonly transitions: TransitionEntry[] = [];
  readonly incidents = new Map<string, Incident>();
  readonly history: History = {
    record: () => {},
    transition: (entry) => void this.transitions.push(entry),
    incident: (incident) => void this.incidents.set(incident.id, incident),
  };

  /** Nothing changes, unless a test says so. */
  upgrades: Upgrades = { before: async () => null, failed: () => {} };

  admission: Admission = { enter: async () => () => {} };

  constructor() {
    this.hosts.onLaunch = ({ spec }) => void this.steps.push(`launch ${spec.session}`);
  }

  /** One that had been paired: a record on the disk, and a profile. */
  paired(id: string, changes: Partial<SessionRecord> = {}): SessionRecord {
    const record = savedRecord(id, changes);
    this.disk.set(record.id, record);
    this.profiled.add(record.id);
    return record;
  }

  portsFor(_id: SessionId): SessionPorts {
    return {
      clock: this.clock,
      random: () => 0.5,
      policy: defaultPolicy,
      intervals: {
        heartbeat: 120_000,
        watchdog: 60_000,
        activity: 30_000,
        deadline: 15_000,
        presence: true,
      },
      log: this.log,
      ownership: {
        claim: async (id) => {
          const right = new AbortController();
          this.#rights.set(id, right);
          return { epoch: ++this.#epoch, signal: right.signal, release: () => void this.#rights.delete(id) };
        },
      },
      admission: this.admission,
      profiles: this.profiles,
      backups: this.backups,
      upgrades: this.upgrades,
      hosts: this.hosts,
      records: this.records,
      history: this.history,
      bot: null,
      requireBot: async () => {
        if (this.botRefusal) throw this.botRefusal;
      },
      specFor: async ({ id }) => {
        await this.findingBrowser.passage;
        return scriptedSpec('/sessions', id);
      },
    };
  }

  /** Somebody else takes the session over. */
  loseRight(id: SessionId): void {
    this.#rights.get(id)?.abort(new Error('lost'));
    this.#rights.delete(id);
  }

  #moveAway(id: SessionId): void {
    if (this.profiled.delete(id)) this.steps.push(`quarantine ${id}`);
  }
}

async function unlessAborted(work: Promise<void>, signal: AbortSignal): Promise<void> {
  const aborted = new Promise<void>((resolve) =>
    signal.addEventListener('abort', () => resolve(), { once: true }),
  );
  await Promise.race([work, aborted]);
  signal.throwIfAborted();
}
