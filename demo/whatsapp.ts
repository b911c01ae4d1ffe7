/** WhatsApp as both sides find it: one simulator with a door for each, which counts what comes through. */
import type { DeviceView, PageView, SimulatorControl, SimulatorState } from '../test/simulator/control.ts';
import { COUNTER_NAMES, type Counters, zeroCounters } from '../test/simulator/counters.ts';
import { type Simulator, startSimulator } from '../test/simulator/simulator.ts';
import { bySide, type Session, type Side, sessions } from './cast.ts';

/** Long enough for the library to listen before the synchronisation ends, as it mostly is for real. */
const syncDelayMs = 800;
/** A login of a common size is not what is shown here, and all browsers share the machine. */
const historyBytes = 1024 * 1024;

/** Milliseconds for a scan; one takes less than a second. */
const scanPatience = 10_000;

export interface Counted {
  /** The simulator's own counters, of all pages that came through this side's door. */
  readonly counters: Counters;
  /** Pages that show a QR now. */
  readonly waiting: number;
}

/** What WhatsApp sees in one moment. */
export interface Sight {
  /** The page that is logged in and synchronised for a session. */
  page(side: Side, session: Session): string | null;
  /** Whether an open page shows this QR now. */
  isShown(qr: string): boolean;
  readonly counted: Readonly<Record<Side, Counted>>;
}

export class WhatsApp implements AsyncDisposable {
  readonly chromiumArgs: Readonly<Record<Side, readonly string[]>>;
  readonly #simulator: Simulator;

  private constructor(simulator: Simulator, chromiumArgs: Record<Side, readonly string[]>) {
    this.#simulator = simulator;
    this.chromiumArgs = chromiumArgs;
  }

  static async open(): Promise<WhatsApp> {
    const simulator = await startSimulator({ syncDelayMs, historyBytes });
    return new WhatsApp(simulator, {
      vigil: offline(await simulator.openDoor('vigil')),
      bare: offline(await simulator.openDoor('bare')),
    });
  }

  async look(): Promise<Sight> {
    return sightOf(await this.#control.state());
  }

  /** The phone of this session scans. False when the QR was not there any more. */
  async scan(side: Side, session: Session, qr: string): Promise<boolean> {
    const phone = phoneOf(side, session);
    const scanned = this.#control.scan({ qr, phone, pushname: session }).then(
      () => true,
      () => false,
    );
    // A page that goes while it is being linked never answers; the other sessions must not wait for it.
    const givenUp = new Promise<false>((resolve) => setTimeout(resolve, scanPatience, false).unref());
    return Promise.race([scanned, givenUp]);
  }

  async hang(side: Side, session: Session): Promise<void> {
    const { devices } = await this.#control.state();
    for (const { id, page } of devicesOf(devices, side, session)) {
      if (page !== null) await this.#control.hang({ target: { device: id } }).catch(() => {});
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#simulator.close();
  }

  get #control(): SimulatorControl {
    return this.#simulator.control;
  }
}

export function sightOf({ devices, pages }: Pick<SimulatorState, 'devices' | 'pages'>): Sight {
  const synced = new Set(pages.filter((page) => page.live && page.synced).map(({ id }) => id));
  const shown = new Set(pages.flatMap(({ open, ref }) => (open && ref !== null ? [ref] : [])));
  return {
    page(side, session) {
      const live = devicesOf(devices, side, session).map(({ page }) => page);
      return live.find((page) => page !== null && synced.has(page)) ?? null;
    },
    isShown: (qr) => shown.has(qr.split(',')[0] ?? ''),
    counted: bySide((side) => countedOf(pages, side)),
  };
}

function countedOf(pages: readonly PageView[], side: Side): Counted {
  const through = pages.filter(({ door }) => door === side);
  const counters = zeroCounters();
  for (const page of through) for (const name of COUNTER_NAMES) counters[name] += page.counters[name];
  return { counters, waiting: through.filter(({ open, ref }) => open && ref !== null).length };
}

/** A session that was paired anew is another device of the same phone. */
function devicesOf(devices: readonly DeviceView[], side: Side, session: Session): readonly DeviceView[] {
  const phone = phoneOf(side, session);
  return devices.filter((device) => device.phone === phone);
}

/** Of the numbers that are kept free for stories. */
function phoneOf(side: Side, session: Session): string {
  return `1555555010${sessions.indexOf(session) + (side === 'vigil' ? 1 : 5)}`;
}

/** Nothing leaves the machine: every other name is one that does not exist. */
function offline(args: readonly string[]): readonly string[] {
  return args.map((argument) =>
    argument.startsWith('--host-resolver-rules=')
      ? `${argument},MAP * ~NOTFOUND,EXCLUDE 127.0.0.1`
      : argument,
  );
}
