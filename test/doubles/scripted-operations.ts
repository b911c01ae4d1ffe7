import { VigilError } from '../../src/errors.ts';
import type { SessionId } from '../../src/session/id.ts';
import type {
  CodeRequest,
  PairingMaterial,
  SessionNotice,
  SessionView,
  SettingsPatch,
} from '../../src/session/session-view.ts';
import type { Operations } from '../../src/supervisor/operations.ts';

type Deed = Exclude<keyof Operations, 'follow'>;

export const scriptedAt = '2026-01-01T00:00:00.000Z';

export function sessionView(id: string, changes: Partial<SessionView> = {}): SessionView {
  return {
    id: id as SessionId,
    status: 'ready',
    reason: null,
    phone: '4915112345678',
    lastSeen: scriptedAt,
    lastBackup: null,
    restarts: 0,
    name: 'Sales',
    wanted: 'online',
    state: 'online',
    since: scriptedAt,
    remedy: null,
    nextTry: null,
    restored: null,
    bot: null,
    botErrors: 0,
    backupIncidents: [],
    ...changes,
  };
}

/**
 * Operations over sessions that exist only in memory and change when the test says so. Followers are told of
 * every change, as a daemon's are. Nothing waits.
 */
export class ScriptedOperations implements Operations {
  /** What was asked, in order: `pair sales 49…`. */
  readonly calls: string[] = [];
  /** How many followers there are now. */
  following = 0;
  readonly #sessions = new Map<string, SessionView>();
  readonly #material = new Map<string, PairingMaterial>();
  readonly #followers = new Map<(notice: SessionNotice | null) => void, string>();
  readonly #refusals = new Map<Deed, Error>();
  readonly #effects = new Map<Deed, (id: SessionId) => void>();

  add(id: string, changes: Partial<SessionView> = {}): this {
    this.#sessions.set(id, sessionView(id, changes));
    return this;
  }

  /** Changes what is shown of a session and tells its followers. */
  change(id: string, changes: Partial<SessionView>): void {
    const session = { ...this.#of(id), ...changes };
    this.#sessions.set(id, session);
    this.#tell(id, { event: 'status', session });
  }

  showQr(id: string, qr: string): void {
    this.#material.set(id, { qr, code: null, at: scriptedAt, codeRequest: null });
    this.change(id, { status: 'qr_ready', state: 'pairing' });
    this.#tell(id, { event: 'qr', qr });
  }

  showCode(id: string, code: string): void {
    this.#material.set(id, { qr: null, code, at: scriptedAt, codeRequest: null });
    this.change(id, { status: 'qr_ready', state: 'pairing' });
    this.#tell(id, { event: 'code', code });
  }

  /** A code was asked for, and is on its way or not to be had; the QR is what it was. */
  requestCode(id: string, codeRequest: CodeRequest): void {
    const qr = this.#material.get(id)?.qr ?? null;
    this.#material.set(id, { qr, code: null, at: scriptedAt, codeRequest });
  }

  authenticate(id: string): void {
    this.#material.delete(id);
    this.#tell(id, { event: 'authenticated' });
    this.change(id, { status: 'authenticating', state: 'syncing' });
  }

  becomeReady(id: string): void {
    this.change(id, { status: 'ready', state: 'online', reason: null, remedy: null });
    this.#tell(id, { event: 'ready' });
  }

  fail(id: string, reason: string, remedy: string): void {
    this.#material.delete(id);
    this.change(id, { status: 'failed', state: 'failed', reason, remedy });
  }

  /** Every call of `deed` fails from now on. */
  refuse(deed: Deed, error: Error): void {
    this.#refusals.set(deed, error);
  }

  /** What happens right after `deed` was accepted. */
  after(deed: Deed, effect: (id: SessionId) => void): void {
    this.#effects.set(deed, effect);
  }

  /** As an orderly end of the daemon. */
  shutDown(): void {
    for (const tell of this.#followers.keys()) tell(null);
  }

  async sessions(): Promise<readonly SessionView[]> {
    this.#record('sessions');
    return [...this.#sessions.values()];
  }

  async session(id: SessionId): Promise<SessionView> {
    return this.#do('session', id);
  }

  async start(id: SessionId): Promise<SessionView> {
    return this.#do('start', id, { wanted: 'online', status: 'initializing', state: 'claiming' });
  }

  async stop(id: SessionId): Promise<SessionView> {
    return this.#do('stop', id, { wanted: 'stopped', status: 'stopped', state: 'stopped' });
  }

  async restart(id: SessionId): Promise<SessionView> {
    return this.#do('restart', id, { status: 'initializing', state: 'claiming' });
  }

  async logout(id: SessionId): Promise<SessionView> {
    return this.#do('logout', id, { wanted: 'stopped', status: 'stopped', state: 'stopped', phone: null });
  }

  async pair(id: SessionId, { phone }: { readonly phone: string | null }): Promise<SessionView> {
    if (!this.#sessions.has(id)) this.add(id, { phone: null, name: null, lastSeen: null });
    const changes = {
      wanted: 'online',
      status: 'initializing',
      state: 'claiming',
      reason: null,
      remedy: null,
    } as const;
    return this.#do('pair', id, changes, phone ?? 'qr');
  }

  async pairing(id: SessionId): Promise<PairingMaterial | null> {
    this.#do('pairing', id);
    return this.#material.get(id) ?? null;
  }

  async configure(id: SessionId, settings: SettingsPatch): Promise<SessionView> {
    return this.#do('configure', id, {}, JSON.stringify(settings));
  }

  async *follow(id: SessionId, signal: AbortSignal): AsyncGenerator<SessionNotice> {
    const session = this.#of(id);
    const waiting: (SessionNotice | null)[] = [{ event: 'status', session }];
    const material = this.#material.get(id);
    if (material?.qr) waiting.push({ event: 'qr', qr: material.qr });
    if (material?.code) waiting.push({ event: 'code', code: material.code });
    let wake = () => {};
    const tell = (notice: SessionNotice | null) => {
      waiting.push(notice);
      wake();
    };
    const abort = () => tell(null);
    this.#followers.set(tell, id);
    this.following++;
    signal.addEventListener('abort', abort, { once: true });
    try {
      while (!signal.aborted) {
        const next = waiting.shift();
        if (next === null) return;
        if (next) yield next;
        else {
          const { promise, resolve } = Promise.withResolvers<void>();
          wake = resolve;
          await promise;
        }
      }
    } finally {
      signal.removeEventListener('abort', abort);
      this.#followers.delete(tell);
      this.following--;
    }
  }

  #do(deed: Deed, id: SessionId, changes: Partial<SessionView> | null = null, note = ''): SessionView {
    this.#record(deed, id, note);
    this.#of(id);
    if (changes) this.change(id, changes);
    this.#effects.get(deed)?.(id);
    return this.#of(id);
  }

  #record(deed: Deed, ...words: string[]): void {
    this.calls.push([deed, ...words].filter((word) => word !== '').join(' '));
    const refusal = this.#refusals.get(deed);
    if (refusal) throw refusal;
  }

  #of(id: string): SessionView {
    const session = this.#sessions.get(id);
    if (session) return session;
    throw new VigilError('session_not_found', `There is no session "${id}".`, { subject: id });
  }

  #tell(id: string, notice: SessionNotice): void {
    for (const [tell, followed] of this.#followers) if (followed === id) tell(notice);
  }
}
