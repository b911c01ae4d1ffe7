import { stripVTControlCharacters } from 'node:util';

/**
 * Text from elsewhere (the name of an account is chosen by its owner) without what would move the cursor, colour
 * the terminal or turn the direction of writing.
 */
export function printable(text: string): string {
  return stripVTControlCharacters(text).replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '');
}

const wide =
  /\p{Emoji_Presentation}|[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|[\u{20000}-\u{3fffd}]/u;
const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** How many columns a text takes; colours take none. */
export function columnsOf(text: string): number {
  let columns = 0;
  for (const { segment } of segmenter.segment(stripVTControlCharacters(text)))
    columns += wide.test(segment) ? 2 : 1;
  return columns;
}
