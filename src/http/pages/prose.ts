import { html, type Markup } from './html.ts';

/** A sentence of the catalogue: what stands between backticks is something to type. */
export function prose(text: string): Markup {
  const parts = text.split('`');
  return html`${parts.map((part, index) => (index % 2 === 1 && index < parts.length - 1 ? html`<code>${part}</code>` : part))}`;
}
