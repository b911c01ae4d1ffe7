import type { Status } from '../../session/status.ts';
import { statusWords } from '../../wording/words.ts';
import { html, type Markup } from './html.ts';

export function chip(status: Status): Markup {
  const { tone, short } = statusWords[status];
  return html`<span class="chip ${tone}">${short}</span>`;
}
