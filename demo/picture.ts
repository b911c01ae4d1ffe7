/** Lines as a picture of a terminal: SVG without scripts, fonts or anything else from elsewhere. */
import { type Line, type Tone, widthOf } from './line.ts';

const cell = { width: 8.4, height: 19 };
const padding = 16;
const fontSize = 14;

/** On a background of its own: it looks the same on a light page and on a dark one. */
const background = '#161b22';
const frame = '#30363d';
const colours: Readonly<Record<Tone, string>> = {
  plain: '#d1d7e0',
  bold: '#f0f6fc',
  dim: '#8b949e',
  good: '#56d364',
  busy: '#56d4dd',
  asking: '#e3b341',
  bad: '#ff7b72',
};

export function picture(lines: readonly Line[], title: string): string {
  const columns = Math.max(1, ...lines.map(widthOf));
  const width = number(columns * cell.width + 2 * padding);
  const height = number(lines.length * cell.height + 2 * padding);
  const styles = Object.entries(colours).map(([tone, colour]) => `.${tone}{fill:${colour}}`);
  const texts = lines.flatMap(lineTexts);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escaped(title)}">
<title>${escaped(title)}</title>
<style>text{font:${fontSize}px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;white-space:pre}.bold{font-weight:600}${styles.join('')}</style>
<rect x="0.5" y="0.5" width="${number(width - 1)}" height="${number(height - 1)}" rx="8" fill="${background}" stroke="${frame}"/>
${texts.join('\n')}
</svg>
`;
}

function lineTexts(line: Line, row: number): readonly string[] {
  const baseline = number(padding + row * cell.height + fontSize);
  let column = 0;
  return line.flatMap(({ text, tone }) => {
    const length = [...text].length;
    const start = column;
    column += length;
    const shown = text.trim();
    if (shown === '') return [];
    const indent = [...text.slice(0, text.indexOf(shown))].length;
    const x = number(padding + (start + indent) * cell.width);
    // Whatever the font: each piece is as wide as its columns are.
    const wide = number([...shown].length * cell.width);
    return [
      `<text class="${tone}" x="${x}" y="${baseline}" textLength="${wide}" lengthAdjust="spacingAndGlyphs">${escaped(shown)}</text>`,
    ];
  });
}

function number(value: number): number {
  return Math.round(value * 10) / 10;
}

function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
