/** HTML whose every value is escaped unless it is itself made here. */

/** Markup that may stand as it is. Only `html` and `trusted` make it. */
export class Markup {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  toString(): string {
    return this.#text;
  }
}

export type Piece = Markup | string | number | null | false | readonly Piece[];

/** Attribute values must be quoted in the template, with either quote. */
export function html(strings: TemplateStringsArray, ...pieces: readonly Piece[]): Markup {
  return new Markup(String.raw({ raw: strings }, ...pieces.map(rendered)));
}

/** Markup from a source that never holds anybody's words, such as the QR drawing. */
export function trusted(text: string): Markup {
  return new Markup(text);
}

function rendered(piece: Piece): string {
  if (piece === null || piece === false) return '';
  if (piece instanceof Markup) return piece.toString();
  if (typeof piece === 'object') return piece.map(rendered).join('');
  return escaped(String(piece));
}

const replacements: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

const escaped = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => replacements[character] ?? '');
