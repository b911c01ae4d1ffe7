/** The three ways in which `pair` tells what happens: lines of JSON, a screen that is redrawn, plain lines. */

import type { SessionId } from '../session/id.ts';
import type { SessionNotice, SessionView } from '../supervisor/operations.ts';
import { reasonWords, statusWords } from '../wording/words.ts';
import type { Connection, Terminal } from './context.ts';
import type { Output } from './output.ts';
import { pairingLines } from './pairing-words.ts';
import { clipped, Screen } from './screen.ts';

export interface PairView {
  waiting(): void;
  /** How it stands; told when something keeps it from showing anything to scan or type. */
  stands(session: SessionView): void;
  show(notice: Exclude<SessionNotice, { event: 'status' | 'ready' }>): void;
  ready(): void;
  /** Ctrl-C. */
  left(mode: Connection['mode']): void;
}

export interface PairPlace {
  readonly terminal: Terminal;
  readonly page: string | null;
  readonly id: SessionId;
}

export function pairViewFor(output: Output, place: PairPlace): PairView {
  return output.json ? jsonLines(output) : words(output, place);
}

function jsonLines(output: Output): PairView {
  const line = (value: object) => output.line(JSON.stringify(value));
  return {
    waiting() {},
    stands() {},
    show: line,
    ready: () => line({ event: 'ready' }),
    left() {},
  };
}

function words({ style }: Output, { terminal, page, id }: PairPlace): PairView {
  const screen = new Screen(terminal);
  const coloured = terminal.isTTY === true;
  const draw = (lines: readonly string[], foot: string) =>
    screen.draw([...lines, clipped(foot, terminal.columns ?? 80)]);
  let said = '';
  const say = (text: string) => {
    if (text !== said) draw([], text);
    said = text;
  };
  return {
    waiting: () => say(`${id} is being started …`),
    stands({ status, reason }) {
      if (reason !== null && status !== 'qr_ready')
        say(`${id} is ${statusWords[status].short}. ${reasonWords(reason)}`);
    },
    show(notice) {
      if (notice.event === 'authenticated') say(`${id}: the phone has agreed. Synchronising …`);
      else
        draw(
          pairingLines(id, notice, { terminal, page, coloured }),
          style.dim('Ctrl-C leaves the session as it is.'),
        );
    },
    ready: () => screen.draw([style.tone('good', `${id} is online.`)]),
    left(mode) {
      const end =
        mode === 'daemon'
          ? 'It goes on waiting for a phone.'
          : 'No daemon runs, so its browser ends with this command.';
      terminal.write(`\nLeft ${id} as it is. ${end}\n`);
    },
  };
}
