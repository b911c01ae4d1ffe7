/**
 * The three probes over one page. None throws, none waits beyond its deadline, and none asks a page again
 * that has not answered yet: a hung page keeps every call until the protocol's own time-out.
 */
import type { Clock } from '../../system/clock.ts';
import { within } from '../../system/deadline.ts';
import type { ProbeReport, ProbeRequest } from '../engine.ts';
import { isContextLost, messageOf } from './failure.ts';
import type { Injection } from './injection.ts';
import type { LibraryPage, WhatsAppClient } from './library-types.ts';
import { holdWakeLock, type PageReader, type PageSnapshot } from './page-snapshot.ts';
import { socketStateOf } from './socket-verdict.ts';

export interface ProbingPorts {
  readonly clock: Clock;
  readonly client: WhatsAppClient;
  readonly page: LibraryPage;
  readonly reader: PageReader;
  readonly injection: Injection;
  /** When the library last told of a message or an acknowledgement, by the monotonic clock. */
  readonly trafficAt: () => number | null;
}

export class Probing {
  readonly #ports: ProbingPorts;
  #acting: Promise<void> | null = null;
  #step = 0;

  constructor(ports: ProbingPorts) {
    this.#ports = ports;
  }

  async probe(request: ProbeRequest, signal: AbortSignal): Promise<ProbeReport> {
    const { clock, reader } = this.#ports;
    const bounded = <T>(work: Promise<T>) => within(clock, request.deadline, 'The page', work, signal);
    try {
      const [snapshot, trouble] = await bounded(Promise.all([reader.read(), this.#act(request)]));
      const wired = this.#ports.injection.isWired(snapshot.document);
      return { ...this.#facts(snapshot), page: wired ? 'answers' : 'navigating', detail: trouble };
    } catch (error) {
      const detail = messageOf(error);
      const navigating = this.#ports.injection.busy || isContextLost(detail);
      return {
        ...silent,
        page: navigating ? 'navigating' : 'silent',
        trafficAge: this.#trafficAge(null),
        detail,
      };
    }
  }

  /** What the probe does beyond asking; resolves to what went wrong with it, which is no fault of the page. */
  async #act(request: ProbeRequest): Promise<string | null> {
    const action = this.#actionFor(request);
    if (action === null) return null;
    if (this.#acting !== null) return 'The previous one has not come back yet.';
    this.#acting = action();
    try {
      await this.#acting;
      return null;
    } catch (error) {
      return messageOf(error);
    } finally {
      this.#acting = null;
    }
  }

  #actionFor(request: ProbeRequest): (() => Promise<void>) | null {
    if (request.kind === 'activity') return () => this.#stayAwake();
    if (request.kind === 'heartbeat' && request.presence) {
      return async () => this.#ports.client.sendPresenceAvailable();
    }
    return null;
  }

  async #stayAwake(): Promise<void> {
    const { page } = this.#ports;
    this.#step = (this.#step + 1) % 40;
    await page.mouse.move(100 + this.#step * 3, 100 + this.#step * 2);
    await page.keyboard.press('Shift');
    await page.evaluate(holdWakeLock);
  }

  #facts(snapshot: PageSnapshot): Omit<ProbeReport, 'page' | 'detail'> {
    const { state, synced, bridge, lastMessage } = snapshot;
    return {
      socket: state === null ? null : socketStateOf(state),
      synced,
      bridge,
      trafficAge: this.#trafficAge(lastMessage),
    };
  }

  #trafficAge(lastMessage: number | null): number | null {
    const { clock, trafficAt } = this.#ports;
    const told = trafficAt();
    const ages = [
      ...(told === null ? [] : [clock.monotonic() - told]),
      ...(lastMessage === null ? [] : [Math.max(0, clock.now() - lastMessage * 1_000)]),
    ];
    return ages.length === 0 ? null : Math.round(Math.min(...ages));
  }
}

export const silent: ProbeReport = {
  page: 'silent',
  socket: null,
  synced: false,
  bridge: false,
  trafficAge: null,
  detail: 'The engine is not running.',
};
