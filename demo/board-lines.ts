/** The scoreboard as lines. */
import type { Side } from './cast.ts';
import { faultWords } from './faults.ts';
import { fitted, type Line, type Span, span } from './line.ts';
import { type Hit, totalsOf } from './scoreboard.ts';
import type { View } from './view.ts';

/** The names of both, under each other all the way down. */
const labelWidth = 25;
const vigilWidth = 21;

export interface BoardSpace {
  readonly columns: number;
  /** Faults that may be listed; the newest are. */
  readonly faults: number;
}

export function boardLines(view: View, { columns, faults }: BoardSpace): readonly Line[] {
  const listed = faults === 0 ? [] : view.board.slice(-faults);
  const left = view.board.length - listed.length;
  const head =
    left > 0 && listed.length > 0 ? `the last ${listed.length} of ${view.board.length} faults` : 'fault';
  const row = (label: Span, vigil: Span, bare: Span): Line =>
    fitted([...fitted([label], labelWidth), ...fitted([vigil], vigilWidth), bare], columns);
  const rows = listed.map((hit) => row(span(labelOf(hit)), outcomeOf(hit, 'vigil'), outcomeOf(hit, 'bare')));
  const total = (label: string, words: (side: Side) => Span): Line =>
    row(span(label, 'bold'), words('vigil'), words('bare'));
  return [
    row(span(head, 'dim'), span('wa-vigil', 'bold'), span('bare whatsapp-web.js', 'bold')),
    ...rows,
    total('recovered by itself', (side) => recovered(view, side)),
    total('seconds until ready', (side) => span(secondsOf(view, side))),
    total('QR scans needed', (side) => tally(view.scansNeeded[side])),
    total('a person stepped in', (side) => tally(view.acts[side], '×')),
    total('sessions online now', (side) => online(view, side)),
  ];
}

function labelOf({ fault, sessions }: Hit): string {
  const { short } = faultWords[fault];
  return fault === 'finale' ? `${short}: all` : `${short}: ${sessions.join(', ')}`;
}

function outcomeOf({ fault, outcomes }: Hit, side: Side): Span {
  const outcome = outcomes[side];
  if (outcome.is === 'already_down') return span('was down already', 'dim');
  if (outcome.is === 'back') {
    const seconds = `${outcome.seconds.toFixed(1)} s`;
    if (!outcome.helped) return span(`back after ${seconds}`, 'good');
    // How long a person takes who does not know what to do is a matter of the person.
    return side === 'vigil' && fault === 'finale'
      ? span(`one command, ${seconds}`, 'good')
      : span('not by itself', 'bad');
  }
  if (outcome.qrs > 0) return span(outcome.qrs === 1 ? 'shows a QR' : `shows ${outcome.qrs} QRs`, 'asking');
  return outcome.helped ? span('not by itself', 'bad') : span('…', 'busy');
}

function recovered({ board }: View, side: Side): Span {
  const totals = totalsOf(board, side);
  const pending = board.some(({ outcomes }) => outcomes[side].is === 'down' && !outcomes[side].helped);
  const isWhole = totals.recovered === totals.faults;
  const tone = totals.faults === 0 ? 'plain' : isWhole ? 'good' : pending ? 'busy' : 'bad';
  return span(`${totals.recovered} of ${totals.faults}`, tone);
}

function secondsOf({ board }: View, side: Side): string {
  const { seconds } = totalsOf(board, side);
  const [least] = seconds;
  const most = seconds.at(-1);
  if (least === undefined || most === undefined) return '–';
  return seconds.length === 1 ? `${least.toFixed(1)} s` : `${least.toFixed(1)} to ${most.toFixed(1)} s`;
}

function tally(count: number, unit = ''): Span {
  return span(`${count}${unit}`, count === 0 ? 'good' : 'bad');
}

function online({ panes }: View, side: Side): Span {
  const { sessions } = panes[side];
  const count = sessions.filter(({ mark }) => mark === 'online').length;
  return span(`${count} of ${sessions.length}`, count === sessions.length ? 'good' : 'bad');
}

/** How many lines it takes with this many faults. */
export function boardHeight(faults: number): number {
  return faults + 1 + totalRows;
}

const totalRows = 5;

/** The last thing that the demo prints, and what is recorded of it. */
export function closingLines(view: View, columns: number): readonly Line[] {
  const all = boardLines(view, { columns, faults: view.board.length });
  const rule = [span('─'.repeat(columns), 'dim')];
  const totals = all.length - totalRows;
  return [...all.slice(0, totals), rule, ...all.slice(totals)];
}
