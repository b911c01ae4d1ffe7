/** Writes down what the demo came to, for people who have not run it: docs/demo.txt, docs/demo.svg, the README. */
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describeMachine, machineLine } from '../bench/machine.ts';
import { boardHeight, boardLines } from './board-lines.ts';
import { plain } from './line.ts';
import { picture } from './picture.ts';
import { screen } from './screen.ts';
import type { View } from './view.ts';

export interface Recording {
  readonly text: string;
  readonly svg: string;
  /** What stands between the markers in the README. */
  readonly markdown: string;
}

const columns = 108;
/** Enough of what happened last to see how it ends. */
const otherRows = 22;

export const marker = { begin: '<!-- demo -->', end: '<!-- /demo -->' };

/** @param measured when and on what, as the end of a sentence */
export function recordingOf(view: View, measured: string): Recording {
  const took = `${Math.round(view.seconds)} s`;
  const { pairedAfter } = view.opening;
  const paired = pairedAfter === null ? '' : ` (three sessions paired after ${Math.round(pairedAfter)} s)`;
  const caption = `Recorded by \`./vigil demo --auto --record\`, which took ${took}${paired}: ${measured}.`;
  const lines = screen(
    { ...view, footer: './vigil demo --auto' },
    { columns, rows: boardHeight(view.board.length) + otherRows },
  );
  return {
    text: `${plain(lines)}\n${caption.replaceAll('`', '')}\n`,
    svg: picture(lines, alt),
    markdown: `![${alt}](docs/demo.svg)\n\n${table(view)}\n\n${caption}`,
  };
}

const alt = 'The end of the demo: wa-vigil has three sessions online, the bare program shows three QRs';

function table(view: View): string {
  const [head, ...rows] = boardLines(view, { columns, faults: view.board.length }).map((line) =>
    cellsOf(line.map(({ text }) => text)),
  );
  const markdown = (cells: readonly string[] | undefined) => `| ${(cells ?? []).join(' | ')} |`;
  return [markdown(head), '| --- | --- | --- |', ...rows.map(markdown)].join('\n');
}

/** What is between the columns is spaces alone. */
function cellsOf(texts: readonly string[]): readonly string[] {
  return texts.map((text) => text.trim()).filter((text) => text !== '');
}

export async function record(view: View, executable: string): Promise<void> {
  const day = new Date().toISOString().slice(0, 10);
  const machine = machineLine(await describeMachine(executable)).replace(' before', '');
  const { text, svg, markdown } = recordingOf(view, `${day}, ${machine}`);
  await writeFile(placeOf('docs/demo.txt'), text);
  await writeFile(placeOf('docs/demo.svg'), svg);
  const readme = placeOf('README.md');
  await writeFile(readme, between(await readFile(readme, 'utf8'), markdown));
}

/** The document with this between its markers. */
export function between(document: string, markdown: string): string {
  const from = document.indexOf(marker.begin);
  const to = document.indexOf(marker.end);
  if (from < 0 || to < from) throw new Error(`README.md lacks ${marker.begin} … ${marker.end}`);
  return `${document.slice(0, from)}${marker.begin}\n${markdown}\n${document.slice(to)}`;
}

function placeOf(path: string): string {
  return fileURLToPath(new URL(`../${path}`, import.meta.url));
}
