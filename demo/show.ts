/** The demo as it goes: looks at both sides ten times a second, and says what has become of them. */
import { setTimeout as sleep } from 'node:timers/promises';
import { bySide, type Session, type Side, sessions } from './cast.ts';
import { type DaemonSession, settings } from './daemon-side.ts';
import { type FaultName, faultWords, sessionFaults } from './faults.ts';
import { FirstScans } from './first-scans.ts';
import { Help } from './help.ts';
import type { Tone } from './line.ts';
import { Newspaper } from './newspaper.ts';
import { Owner } from './owner.ts';
import { bareRow, vigilRow } from './rows.ts';
import { afterHelp, afterHit, afterLook, type Board, isPending } from './scoreboard.ts';
import type { Stage } from './stage.ts';
import type { News, Opening, Pane, View } from './view.ts';
import type { Counted, Sight } from './whatsapp.ts';

const lookEvery = 100;

/** What the daemon said of a session last. */
interface Said {
  readonly status: string;
  readonly reason: string | null;
  readonly restored: string | null;
}

/** Of this program, in seconds. */
const sinceStart = () => performance.now() / 1000;

export class Show {
  readonly #stage: Stage;
  readonly #signal: AbortSignal;
  readonly #began = performance.now();
  readonly #newspaper: Newspaper;
  readonly #help: Help;
  readonly #firstScans: FirstScans;
  readonly #owner: Owner;
  readonly #online: Record<Side, Set<Session>> = bySide(() => new Set());
  /** Pages that a fault has hit: they may look alive for a while, and one that hangs for ever. */
  readonly #condemned = new Set<string>();
  readonly #said = new Map<Session, Said>();
  readonly #acts: Record<Side, number> = { vigil: 0, bare: 0 };
  /** What WhatsApp had counted when the last of a side's sessions was paired for the first time. */
  readonly #paired: Record<Side, number | null> = bySide(() => null);
  #opening: Opening = { pairedAfter: null, safeAfter: null, within: null };
  #board: Board = [];
  #sight: Sight | null = null;
  #lastFault: number | null = null;
  headline = 'vigil demo · no phone, no internet: WhatsApp Web is simulated';
  footer = '';

  constructor(stage: Stage, told: (news: News, on: readonly Side[]) => void, signal: AbortSignal) {
    this.#stage = stage;
    this.#signal = signal;
    this.#newspaper = new Newspaper(told);
    stage.start((news) => this.#tell(news, 'dim', ['bare']));
    const { bare, whatsapp } = stage;
    this.#firstScans = new FirstScans(stage);
    const onAct = (side: Side) => () => {
      this.#acts[side]++;
      this.#board = afterHelp(this.#board, side);
    };
    this.#help = new Help({ bare, whatsapp, tell: this.#tell, onAct: onAct('bare') });
    this.#owner = new Owner({ daemon: stage.daemon, tell: this.#tell, onAct: onAct('vigil') });
  }

  /** Looks until the signal, which is no failure; an error where the daemon ended. */
  async run(looked: () => void): Promise<void> {
    while (!this.#signal.aborted) {
      this.#observe(await this.#stage.whatsapp.look());
      looked();
      const { end } = this.#stage.daemon;
      if (end !== null) throw new Error(`the daemon ended (${end.code ?? end.signal})`);
      await sleep(lookEvery, undefined, { signal: this.#signal }).catch(() => {});
    }
  }

  /** Three sessions on each side, paired, and each login on the disk. False where that took too long. */
  async open(within: number): Promise<boolean> {
    this.#tell('three sessions are to be paired');
    this.#opening = { ...this.#opening, within: within / 1000 };
    const end = performance.now() + within;
    const left = () => end - performance.now();
    if (!(await this.until(() => this.#isOnline('bare'), left()))) return false;
    // What the daemon does by itself (it is called sealing) is done for the bare side: it begins as one that has run
    // for a long time, since a login of this minute is lost with its browser.
    await this.#stage.bare.closeBrowsers();
    await this.#stage.bare.restart();
    const isSettled = () =>
      this.#isOnline('vigil') && sessions.every((session) => this.#told(session)?.lastBackup != null);
    if (!(await this.until(isSettled, left()))) return false;
    this.#opening = { ...this.#opening, safeAfter: sinceStart() };
    this.#tell('paired, sealed, backed up', 'good', ['vigil']);
    if (!(await this.until(() => this.#isOnline('bare'), left()))) return false;
    this.#tell('paired; closed once in order, for the logins to be on the disk', 'good', ['bare']);
    return true;
  }

  /** Both sides at once. False where the daemon's side is still on its way back from something. */
  async hit(fault: FaultName, session: Session): Promise<boolean> {
    const hitSessions = fault === 'finale' ? sessions : [session];
    if (!hitSessions.every((one) => this.#online.vigil.has(one))) return false;
    const { whatsapp, daemon, bare } = this.#stage;
    for (const one of hitSessions) {
      for (const side of ['vigil', 'bare'] as const) {
        const page = this.#sight?.page(side, one);
        if (page) this.#condemned.add(page);
      }
    }
    const at = performance.now();
    this.#lastFault = at;
    this.#board = afterHit(this.#board, { fault, sessions: hitSessions, at }, this.#online);
    for (const one of hitSessions)
      for (const side of ['vigil', 'bare'] as const) this.#online[side].delete(one);
    bare.forgetEnds();
    const { done } = faultWords[fault];
    this.#tell(fault === 'finale' ? done : `${session}: ${done}`, 'bold');
    if (fault === 'finale') await Promise.all([daemon.burnDown(), bare.burnDown()]);
    else {
      const victims = (['vigil', 'bare'] as const).map((side) => ({
        profile: this.#stage.profile(side, session),
        hang: () => whatsapp.hang(side, session),
      }));
      await sessionFaults[fault](victims);
    }
    return true;
  }

  /** Whether it came to be within so many milliseconds. */
  async until(fits: () => boolean, within: number): Promise<boolean> {
    const end = performance.now() + within;
    while (!fits()) {
      if (performance.now() > end) return false;
      await sleep(lookEvery / 2, undefined, { signal: this.#signal });
    }
    return true;
  }

  isBack(side: Side): boolean {
    return !isPending(this.#board, side) && this.#isOnline(side);
  }

  /** The person beside the bare program: `away` does nothing at all, `looking` does all but scan QRs. */
  letPerson(be: 'away' | 'looking' | 'helping'): void {
    this.#help.person = be;
  }

  get board(): Board {
    return this.#board;
  }

  /** QRs that were scanned, and those that wait, since the first pairing. */
  scansNeeded(side: Side): number {
    if (this.#sight === null || this.#paired[side] === null) return 0;
    const { counters, waiting } = this.#sight.counted[side];
    return counters.pairings - sessions.length + waiting;
  }

  /** Pages that showed a QR since the first pairing, whoever saw it. */
  qrsShown(side: Side): number {
    const before = this.#paired[side];
    return this.#sight === null || before === null ? 0 : this.#sight.counted[side].counters.qrPages - before;
  }

  /** What WhatsApp has counted so far; null before it was looked at. */
  counted(side: Side): Counted | null {
    return this.#sight?.counted[side] ?? null;
  }

  view(): View {
    const seconds = this.#seconds();
    return {
      seconds,
      opening: this.#opening,
      headline: this.headline,
      panes: { vigil: this.#vigilPane(), bare: this.#barePane() },
      board: this.#board,
      scansNeeded: bySide((side) => this.scansNeeded(side)),
      acts: { ...this.#acts },
      settings: `The daemon’s settings for this: ${Object.entries(settings)
        .map(([name, value]) => `${name}=${value}`)
        .join(' ')}`,
      footer: this.footer,
    };
  }

  #vigilPane(): Pane {
    const rows = sessions.map((session) => {
      const told = this.#told(session);
      const next = told?.nextTry == null ? null : (Date.parse(told.nextTry) - Date.now()) / 1000;
      const isOnline = this.#online.vigil.has(session);
      return vigilRow(session, { isOnline, told, downFor: this.#downFor('vigil', session), nextTry: next });
    });
    return { sessions: rows, news: this.#newspaper.of('vigil') };
  }

  #barePane(): Pane {
    const { bare } = this.#stage;
    const rows = sessions.map((session) =>
      bareRow(session, {
        isOnline: this.#online.bare.has(session),
        showsQr: this.#help.showsQr(session),
        isRunning: bare.isRunning,
        believes: bare.believes(session),
        downFor: this.#downFor('bare', session),
      }),
    );
    return { sessions: rows, news: this.#newspaper.of('bare') };
  }

  #observe(sight: Sight): void {
    this.#sight = sight;
    const now = performance.now();
    for (const side of ['vigil', 'bare'] as const) {
      for (const session of sessions) this.#note(side, session, this.#isUp(sight, side, session), now);
      const { pairings, qrPages } = sight.counted[side].counters;
      if (this.#paired[side] === null && pairings >= sessions.length) {
        this.#paired[side] = qrPages;
        if (side === 'vigil') this.#opening = { ...this.#opening, pairedAfter: sinceStart() };
      }
      const online = this.#online[side];
      this.#board = afterLook(this.#board, side, { online, asking: this.#asking(side), at: now });
    }
    for (const session of sessions) this.#noteWords(session);
    this.#firstScans.look();
    this.#help.look(sight, this.#online.bare, this.#lastFault);
    this.#owner.look(this.#lastFault);
  }

  #isUp(sight: Sight, side: Side, session: Session): boolean {
    const page = sight.page(side, session);
    if (page === null || this.#condemned.has(page)) return false;
    // Here the daemon has to know it as well, and to say so.
    return side === 'bare' || this.#told(session)?.status === 'ready';
  }

  #note(side: Side, session: Session, isUp: boolean, now: number): void {
    const online = this.#online[side];
    if (isUp === online.has(session)) return;
    if (!isUp) {
      online.delete(session);
      return;
    }
    online.add(session);
    const hit = this.#board.findLast(({ sessions: hit, outcomes }) => {
      return hit.includes(session) && outcomes[side].is === 'down';
    });
    const after = hit === undefined ? '' : ` after ${((now - hit.at) / 1000).toFixed(1)} s`;
    this.#tell(`${session}: ready${after}`, 'good', [side]);
  }

  /** What the daemon says of a session, whenever it says something new. */
  #noteWords(session: Session): void {
    const told = this.#told(session);
    if (told === undefined) return;
    const { status, reason } = told;
    const restored = told.restored?.at ?? null;
    const before = this.#said.get(session);
    this.#said.set(session, { status, reason, restored });
    if (before === undefined) return;
    if (restored !== before.restored)
      this.#tell(`${session}: a backup took the profile’s place`, 'busy', ['vigil']);
    if (status === 'ready' || (status === before.status && reason === before.reason)) return;
    const tone = status === 'qr_ready' ? 'asking' : status === 'failed' ? 'bad' : 'busy';
    this.#tell(`${session}: ${status}${reason === null ? '' : ` (${reason})`}`, tone, ['vigil']);
  }

  #asking(side: Side): ReadonlySet<Session> {
    const asks = (session: Session) =>
      side === 'bare' ? this.#help.showsQr(session) : this.#told(session)?.status === 'qr_ready';
    return new Set(sessions.filter(asks));
  }

  #told(session: Session): DaemonSession | undefined {
    return this.#stage.daemon.session(session);
  }

  #isOnline(side: Side): boolean {
    return this.#online[side].size === sessions.length;
  }

  #downFor(side: Side, session: Session): number | null {
    const hit = this.#board.find(({ sessions: hit, outcomes }) => {
      return hit.includes(session) && outcomes[side].is === 'down';
    });
    return hit === undefined ? null : (performance.now() - hit.at) / 1000;
  }

  #seconds(): number {
    return (performance.now() - this.#began) / 1000;
  }

  readonly #tell = (text: string, tone: Tone = 'plain', on: readonly Side[] = ['vigil', 'bare']): void => {
    this.#newspaper.tell({ seconds: this.#seconds(), text, tone }, on);
  };
}
