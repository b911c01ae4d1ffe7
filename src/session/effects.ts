/**
 * Doing what the machine asks for. Every effect runs beside the mailbox under the signal of the present
 * attempt and ends in an event; nothing throws past it. What an abandoned attempt still answers is dropped.
 */

import { toVigilError, VigilError } from '../errors.ts';
import type { Host, HostEvent } from '../host/host.ts';
import { within } from '../system/deadline.ts';
import { isBotEvent, observeBot } from './bot-observer.ts';
import type { EffectsOwner, EffectsPorts } from './effects-ports.ts';
import type { SessionId } from './id.ts';
import { judge } from './liveness.ts';
import { Outcomes } from './outcomes.ts';
import type { BackupTaken, CopyReport } from './ports.ts';
import { Probes } from './probes.ts';
import { ProfileEffects, type WhoRuns } from './profile-effects.ts';
import {
  type Effect,
  isAtRest,
  isProbed,
  isStarting,
  type LossCause,
  type SessionEvent,
  type State,
} from './state.ts';
import { causeOfLoss, Tenure } from './tenure.ts';

/** One go from claiming to the next close. */
interface Attempt {
  readonly abort: AbortController;
  /** Work that must have ended before the attempt counts as closed. */
  readonly pending: Set<Promise<unknown>>;
  host: Host | null;
}

/** Bounds of the parts of a close, above what each part allows itself; milliseconds. */
const abandonAfter = 15_000;
const closeWithin = 30_000;
const reapWithin = 20_000;

type Asked = Exclude<Effect, { type: 'timer' | 'incident' | 'incident_over' }>;

export class Effects {
  readonly #id: SessionId;
  readonly #ports: EffectsPorts;
  readonly #owner: EffectsOwner;
  readonly #tenure: Tenure;
  readonly #profile: ProfileEffects;
  #attempt: Attempt | null = null;
  #leftBehind = false;
  #probes: Probes | null = null;
  #pairingPhone: string | null = null;
  readonly #unlinking = new Outcomes<void>();

  constructor(id: SessionId, ports: EffectsPorts, owner: EffectsOwner) {
    this.#id = id;
    this.#ports = ports;
    this.#owner = owner;
    this.#tenure = new Tenure(id, ports, (reason) => this.#lost(causeOfLoss(reason)));
    this.#profile = new ProfileEffects(id, ports, owner);
  }

  get epoch(): number {
    return this.#tenure.epoch;
  }

  perform(effect: Asked): void {
    switch (effect.type) {
      case 'claim':
        this.#inAttempt((attempt) => this.#claimAndEnter(attempt));
        return;
      case 'prepare':
        this.#inAttempt((attempt) =>
          this.#profile.prepare((event) => this.#post(attempt, event), attempt.abort.signal),
        );
        return;
      case 'restore':
        this.#inAttempt((attempt) =>
          this.#profile.restore(effect.choice, (event) => this.#post(attempt, event), attempt.abort.signal),
        );
        return;
      case 'backup':
        // How it ended comes as an event.
        this.backup().catch(() => {});
        return;
      case 'launch':
        this.#inAttempt((attempt) => this.#launch(attempt));
        return;
      case 'close':
        void this.#close();
        return;
      case 'unlink':
        void this.#unlink();
        return;
      case 'quarantine':
        void this.#profile.quarantine();
        return;
      case 'probe':
        this.#probes?.now('watchdog');
        return;
    }
  }

  /** Gives back and takes up what follows from the state alone. */
  entered(state: State): void {
    if (!isStarting(state) && state.name !== 'claiming') this.#tenure.leave();
    if (isAtRest(state)) {
      this.#tenure.release();
      this.#pairingPhone = null;
    }
    if (!isProbed(state)) {
      this.#probes?.stop();
      this.#probes = null;
    } else if (this.#probes) {
      this.#probes.set(this.#owner.intervals());
    } else {
      this.#startProbes();
    }
  }

  intervalsChanged(): void {
    this.#probes?.set(this.#owner.intervals());
  }

  /** From now on a code for this phone is asked for whenever the session offers to pair. */
  wantPairingCode(phone: string): void {
    this.#pairingPhone = phone;
    if (this.#attempt?.host && this.#offered) this.#requestCode(this.#attempt.host, phone);
  }
  #offered = false;
  /** A code is asked for once; what failed is asked for again with the next QR. */
  #codeAsked = false;

  /** Ends what an earlier daemon may have left running of a session that is not to run. */
  async sweep(): Promise<void> {
    await this.#profile
      .reap()
      .catch((error) =>
        this.#ports.log.warn({ err: error }, 'What an earlier run left could not be looked for'),
      );
  }

  /** The session was in no state to be unlinked when it came to it. */
  refuseUnlink(): void {
    this.#unlinking.failed(
      new VigilError('session_refused', `Session "${this.#id}" is not online any more.`),
    );
  }

  /** A copy of the browser that runs, or of the profile where none does. Throws what keeps it from being kept. */
  backup(): Promise<BackupTaken> {
    return this.#profile.backup(this.#whoRuns());
  }

  /** A backup has come to those that WhatsApp did not take: said where it outlives the record. */
  markRejected(): void {
    this.#profile.markRejected();
  }

  copyInto(target: string, signal: AbortSignal): Promise<CopyReport> {
    return this.#profile.copyInto(this.#whoRuns(), target, signal);
  }

  /** For the moment at which it is copied: a browser that starts then is neither held still nor seen yet. */
  #whoRuns(): WhoRuns {
    const attempt = this.#attempt;
    return () => {
      if (this.#attempt === attempt) return attempt?.host ?? null;
      throw new VigilError(
        'session_refused',
        `Session "${this.#id}" was started or closed before its profile could be copied.`,
        { subject: this.#id, remedy: 'Wait until it is ready or stopped, and try again.' },
      );
    };
  }

  get backingUp(): boolean {
    return this.#profile.backingUp;
  }

  get leftBehind(): boolean {
    return this.#leftBehind;
  }

  abandonBackup(): void {
    this.#profile.abandonBackup();
  }

  unlinkOutcome(begin: () => void): Promise<void> {
    const outcome = this.#unlinking.wait();
    begin();
    return outcome;
  }

  /** Ends the host at once, the one that is being closed included. */
  kill(): void {
    this.#attempt?.host?.kill();
    this.#closing?.kill();
  }
  #closing: Host | null = null;

  // --- The attempt ---------------------------------------------------------------------------------------

  #inAttempt(work: (attempt: Attempt) => Promise<void>): void {
    this.#attempt ??= { abort: new AbortController(), pending: new Set(), host: null };
    const attempt = this.#attempt;
    const done: Promise<void> = work(attempt).finally(() => attempt.pending.delete(done));
    attempt.pending.add(done);
  }

  #post(attempt: Attempt, event: SessionEvent): void {
    this.#owner.post(event, () => this.#attempt === attempt);
  }

  async #claimAndEnter(attempt: Attempt): Promise<void> {
    const { signal } = attempt.abort;
    try {
      this.#post(attempt, { type: 'claimed', epoch: await this.#tenure.take(signal) });
    } catch (error) {
      if (signal.aborted) return;
      this.#ports.log.error({ err: error }, 'The session cannot be claimed');
      this.#post(attempt, { type: 'ownership_lost', cause: causeOfLoss(error) });
    }
  }

  #lost(cause: LossCause): void {
    // The right is gone now; the close that follows may take seconds, the browser may not. Where a vault says so it has been
    // gone for up to an hour, and a clean close leaves a profile that is worth coming back to.
    if (cause === 'ownership') this.#attempt?.host?.kill();
    this.#owner.post({ type: 'ownership_lost', cause }, () => true);
  }

  async #launch(attempt: Attempt): Promise<void> {
    this.#offered = false;
    this.#codeAsked = false;
    try {
      const spec = await this.#ports.specFor(this.#owner.record(), attempt.abort.signal);
      if (attempt.abort.signal.aborted) return;
      attempt.host = this.#ports.hosts.launch(spec, (event) => this.#observe(attempt, event));
    } catch (thrown) {
      if (attempt.abort.signal.aborted) return;
      const error = toVigilError(thrown);
      this.#ports.log.error({ err: error }, 'The session cannot be launched');
      this.#post(attempt, { type: 'gone', cause: 'launch_failed', detail: error.message });
    }
  }

  async #close(): Promise<void> {
    const attempt = this.#attempt;
    // From here on nothing that the attempt says counts, `closed` apart.
    this.#attempt = null;
    this.#closing = attempt?.host ?? null;
    this.#offered = false;
    this.#codeAsked = false;
    try {
      if (attempt) await this.#end(attempt);
    } catch (error) {
      this.#ports.log.error({ err: error }, 'The session was not closed cleanly; the next start looks again');
    } finally {
      this.#closing = null;
      this.#unlinking.failed(
        new VigilError('session_refused', 'The session was closed before WhatsApp confirmed.'),
      );
      this.#owner.post({ type: 'closed' }, () => true);
    }
  }

  /** Every part of it has a bound: `stopping` ends, whatever hangs. */
  async #end(attempt: Attempt): Promise<void> {
    const { clock, log } = this.#ports;
    attempt.abort.abort(new Error('closed'));
    await within(clock, abandonAfter, 'Abandoning the start', Promise.allSettled(attempt.pending)).catch(
      (error) => log.warn({ err: error }, 'A step of the start hangs and is left behind'),
    );
    if (!attempt.host) return;
    this.#closing = attempt.host;
    // Until it is known to be otherwise.
    this.#leftBehind = true;
    await within(clock, closeWithin, 'Closing the host', attempt.host.close());
    const reaped = this.#profile.reap();
    this.#leftBehind = !(await within(clock, reapWithin, 'Looking for what is left of the browser', reaped));
    if (this.#leftBehind) log.error({}, 'A browser of this session does not end; the next start looks again');
  }

  // --- Engine events -------------------------------------------------------------------------------------

  #observe(attempt: Attempt, event: HostEvent): void {
    const { log } = this.#ports;
    const current = () => this.#attempt === attempt || this.#closing === attempt.host;
    if (isBotEvent(event)) {
      observeBot(event, log, this.#owner, current);
      return;
    }
    switch (event.type) {
      case 'output':
        log.debug({ line: event.line }, 'host output');
        return;
      case 'exit':
        if (!event.expected) this.#post(attempt, { type: 'gone', cause: 'host_exit', detail: event.detail });
        return;
      case 'browser':
        log.debug({ browserPid: event.pid, browser: event.version }, 'browser started');
        return;
      case 'qr':
      case 'code':
        if (this.#attempt !== attempt) return;
        this.#offered = true;
        if (!this.#codeAsked && this.#pairingPhone && attempt.host)
          this.#requestCode(attempt.host, this.#pairingPhone);
        this.#owner.offer(event.type === 'qr' ? { qr: event.qr } : { code: event.code });
        return;
      case 'loading':
        this.#post(attempt, { type: 'loading' });
        return;
      case 'ready':
        this.#post(attempt, { type: 'ready', account: event.account });
        return;
      default:
        this.#post(attempt, event);
    }
  }

  #requestCode(host: Host, phone: string): void {
    this.#codeAsked = true;
    this.#owner.codeRequest('waiting');
    host.requestPairingCode(phone).catch((error) => {
      this.#ports.log.warn({ err: error }, 'No pairing code could be had; the QR still works');
      // A host that is being closed answers nothing; what the next one says is another matter.
      if (this.#attempt?.host !== host || this.#pairingPhone !== phone) return;
      this.#codeAsked = false;
      this.#owner.codeRequest('refused');
    });
  }

  #startProbes(): void {
    const attempt = this.#attempt;
    const host = attempt?.host;
    if (!attempt || !host) return;
    this.#probes = new Probes({
      clock: this.#ports.clock,
      random: this.#ports.random,
      intervals: this.#owner.intervals(),
      ask: (request) => host.probe(request),
      failed: (error) => this.#ports.log.error({ err: error }, 'A probe failed'),
      report: (kind, report) => {
        const health = judge(report);
        if (health !== 'healthy') this.#ports.log.debug({ kind, health, detail: report.detail }, 'probe');
        this.#post(attempt, { type: 'probed', kind, health });
      },
    });
    this.#probes.start();
  }

  // --- The rest ------------------------------------------------------------------------------------------

  async #unlink(): Promise<void> {
    const host = this.#attempt?.host;
    if (!host) {
      this.refuseUnlink();
      return;
    }
    try {
      await host.unlink();
      // Not bound to the attempt: the device is unlinked, whatever has begun meanwhile.
      this.#owner.post({ type: 'unlinked' }, () => true);
      this.#unlinking.done(undefined);
    } catch (error) {
      // A bot that asks for it waits for no outcome.
      if (!this.#unlinking.failed(error)) this.#ports.log.warn({ err: error }, 'The device is not unlinked');
    }
  }
}
