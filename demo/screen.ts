/** The whole screen as lines: two panes side by side, what happened in each, and the scoreboard. */
import { boardHeight, boardLines } from './board-lines.ts';
import { type Side, sideNames } from './cast.ts';
import { fitted, type Line, type Span, span, type Tone, widthOf, wrapped } from './line.ts';
import type { Mark, News, Pane, SessionRow, View } from './view.ts';

export interface Space {
  readonly columns: number;
  readonly rows: number;
}

const marks: Readonly<Record<Mark, { readonly sign: string; readonly tone: Tone }>> = {
  online: { sign: '●', tone: 'good' },
  busy: { sign: '◐', tone: 'busy' },
  asking: { sign: '?', tone: 'asking' },
  down: { sign: '○', tone: 'bad' },
};

/** Narrower is cut: two panes and a scoreboard do not fit. */
const narrowest = 40;
const fewestNews = 2;
const mostNews = 12;

export function screen(view: View, { columns, rows }: Space): readonly Line[] {
  const width = Math.max(columns, narrowest);
  const settings = wrapped(view.settings, width, 'dim');
  const sessions = view.panes.vigil.sessions.length;
  const around = 1 + 1 + sessions + 2 + settings.length + 1;
  const room = rows - around - boardHeight(0);
  const faults = Math.max(0, Math.min(view.board.length, room - fewestNews));
  const news = Math.max(0, Math.min(room - faults, mostNews));
  const rule = [span('─'.repeat(width), 'dim')];
  const lines = [
    title(view, width),
    ...besides(heading('vigil', width), heading('bare', width), width),
    ...besides(view.panes.vigil.sessions.map(sessionLine), view.panes.bare.sessions.map(sessionLine), width),
    rule,
    ...besides(newsLines(view.panes.vigil, news), newsLines(view.panes.bare, news), width),
    rule,
    ...boardLines(view, { columns: width, faults }),
    ...settings,
    [span(view.footer, 'bold')],
  ];
  return lines.map((line) => fitted(line, columns)).slice(0, Math.max(rows, 1));
}

function title({ headline, seconds }: View, width: number): Line {
  const clock = clockOf(seconds);
  return [...fitted([span(headline, 'bold')], width - clock.length - 1), span(` ${clock}`, 'dim')];
}

/** Minutes and seconds. */
function clockOf(seconds: number): string {
  const whole = Math.floor(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`;
}

function heading(side: Side, width: number): readonly Line[] {
  const name: Span = span(` ${sideNames[side]} `, 'bold');
  const left = paneWidth(width) - widthOf([name]) - 2;
  return [[span('──', 'dim'), name, span('─'.repeat(Math.max(0, left)), 'dim')]];
}

function sessionLine({ name, mark, words }: SessionRow): Line {
  const { sign, tone } = marks[mark];
  return [span(` ${sign} `, tone), span(name.padEnd(6), 'bold'), span(words, tone)];
}

function newsLines({ news }: Pane, height: number): readonly Line[] {
  const shown = height === 0 ? [] : news.slice(-height);
  const empty = Array.from({ length: height - shown.length }, (): Line => []);
  return [...shown.map(newsLine), ...empty];
}

function newsLine({ seconds, text, tone }: News): Line {
  return [span(`${clockOf(seconds)} `, 'dim'), span(text, tone)];
}

function paneWidth(width: number): number {
  return Math.floor((width - 3) / 2);
}

function besides(left: readonly Line[], right: readonly Line[], width: number): readonly Line[] {
  const pane = paneWidth(width);
  return left.map((line, index) => [
    ...fitted(line, pane),
    span(' │ ', 'dim'),
    ...fitted(right[index] ?? [], pane),
  ]);
}
