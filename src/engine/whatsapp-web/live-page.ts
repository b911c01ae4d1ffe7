/** The page of a launched browser, and what may be asked of it. */
import type { Clock } from '../../system/clock.ts';
import { within } from '../../system/deadline.ts';
import type { LibraryPage } from './library-types.ts';
import { PageReader, type PageSnapshot } from './page-snapshot.ts';
import { Probing, type ProbingPorts } from './probing.ts';

/** For a snapshot, and for what is done in the page while it is not ready. */
export const askMs = 5_000;

export type LivePagePorts = Omit<ProbingPorts, 'page' | 'reader'> & { readonly signal: AbortSignal };

export class LivePage {
  readonly reader: PageReader;
  readonly probing: Probing;
  readonly #page: LibraryPage;
  readonly #clock: Clock;
  readonly #signal: AbortSignal;

  constructor(page: LibraryPage, ports: LivePagePorts) {
    this.#page = page;
    this.#clock = ports.clock;
    this.#signal = ports.signal;
    this.reader = new PageReader(page);
    this.probing = new Probing({ ...ports, page, reader: this.reader });
  }

  /** The browser shows its own error page: a navigation could not reach WhatsApp. */
  get isErrorPage(): boolean {
    return this.#page.url().startsWith('chrome-error:');
  }

  read(): Promise<PageSnapshot> {
    return within(this.#clock, askMs, 'The page', this.reader.readAfresh(), this.#signal);
  }

  /** Evaluates something for its effect; never rejects. */
  async act(expression: string): Promise<void> {
    await within(this.#clock, askMs, 'The page', this.#page.evaluate(expression), this.#signal).catch(
      () => {},
    );
  }
}
