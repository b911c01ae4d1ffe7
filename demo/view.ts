/** What is known of the demo in one moment: all that the screen and the closing lines are made from. */
import type { Side } from './cast.ts';
import type { Tone } from './line.ts';
import type { Board } from './scoreboard.ts';

export type Mark = 'online' | 'busy' | 'asking' | 'down';

export interface SessionRow {
  readonly name: string;
  readonly mark: Mark;
  readonly words: string;
}

export interface News {
  /** Since the demo began. */
  readonly seconds: number;
  readonly text: string;
  readonly tone: Tone;
}

export interface Pane {
  readonly sessions: readonly SessionRow[];
  /** The oldest first. */
  readonly news: readonly News[];
}

/** How the demo began, in seconds from the start of its program: nothing that it sets up for itself is left out. */
export interface Opening {
  /** When the last of the daemon's sessions was paired; null before. */
  readonly pairedAfter: number | null;
  /** When each of them was sealed and had its first backup; null before. */
  readonly safeAfter: number | null;
  /** After that long the demo gives up; null before it began. Counted from when both sides were started. */
  readonly within: number | null;
}

export interface View {
  /** Since the demo began. */
  readonly seconds: number;
  readonly opening: Opening;
  readonly headline: string;
  readonly panes: Readonly<Record<Side, Pane>>;
  readonly board: Board;
  /** After the first pairing: QRs that were scanned and QRs that wait, as WhatsApp counted them. */
  readonly scansNeeded: Readonly<Record<Side, number>>;
  /** What a person did for each side. */
  readonly acts: Readonly<Record<Side, number>>;
  /** Which settings of the daemon are not the defaults. */
  readonly settings: string;
  /** The last line: keys, or what goes on. */
  readonly footer: string;
}
