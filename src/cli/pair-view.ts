/** The three ways in which `pair` tells what happens: lines of JSON, a screen that is redrawn, plain lines. */

import type { SessionId } from '../session/id.ts';
import type { SessionNotice, SessionView } from '../session/session-view.ts';
import { relativeTime } from '../wording/relative-time.ts';
import { stepWords } from '../wording/step-words.ts';
import { reasonWords, statusWords } from '../wording/words.ts';
import type { Connection, Terminal } from './context.ts';
import type { Output } from './output.ts';
import { pairingLines } from './pairing-words.ts';
import { printable } from './printable.ts';
import { clipped, Screen, wrapped } from './screen.ts';

export interface PairView {
  waiting(): void;
  /** How it stands; told when something keeps it from showing anything to scan or type, and told once. */
  hindered(session: SessionView): void;
  show(notice: Exclude<SessionNotice, { event: 'status' | 'ready' }>): void;
  ready(): void;
  /** Ctrl-C. */
  left(mode: Connection['mode']): void;
}

export interface PairPlace {
  readonly terminal: Terminal;
  readonly page: string | null;
  readonly id: SessionId;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

export function pairViewFor(output: Output, place: PairPlace): PairView {
  return output.json ? jsonLines(output) : words(output, place);
}

function jsonLines(output: Output): PairView {
  const line = (value: object) => output.line(JSON.stringify(value));
  const isNews = news();
  return {
    waiting() {},
    hindered(session) {
      // As whoever follows the session over HTTP is told.
      if (isNews(session)) line({ event: 'status', session });
    },
    show: line,
    ready: () => line({ event: 'ready' }),
    left() {},
  };
}

/** Whether a session stands otherwise than when this was asked before; a change of a setting is no news. */
function news(): (session: SessionView) => boolean {
  let told = '';
  return ({ status, reason, nextTry }) => {
    const now = JSON.stringify([status, reason, nextTry]);
    const isNews = now !== told;
    told = now;
    return isNews;
  };
}

function words({ style }: Output, { terminal, page, id, now }: PairPlace): PairView {
  const screen = new Screen(terminal);
  const coloured = terminal.isTTY === true;
  const columns = terminal.columns ?? 80;
  const say = (text: string) => screen.draw(coloured ? wrapped(text, columns) : [text]);
  let isNews = news();
  let step = '';
  return {
    waiting: () => say(`${id} is being started …`),
    hindered(session) {
      if (isNews(session)) say(hindrance(session, now()));
    },
    show(notice) {
      // What was said before has gone from the screen.
      isNews = news();
      if (notice.event === 'progress') {
        // The figures are for a bar; here a new step is enough.
        if (notice.step !== step) say(`${id}: ${printable(stepWords(notice.step))} …`);
        step = notice.step;
      } else if (notice.event === 'authenticated') say(`${id}: the phone has agreed. Synchronising …`);
      else
        screen.draw([
          ...pairingLines(id, notice, { terminal, page, coloured }),
          clipped(style.dim('Ctrl-C leaves the session as it is.'), columns),
        ]);
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

function hindrance({ id, status, reason, nextTry, remedy }: SessionView, now: number): string {
  const sentences = [`${id} is ${statusWords[status].short}.`];
  if (reason !== null) sentences.push(reasonWords(reason));
  if (nextTry !== null) sentences.push(`Next try ${relativeTime(nextTry, now)}.`);
  if (remedy !== null) sentences.push(remedy);
  return sentences.join(' ');
}
