import type { VigilError } from '../../errors.ts';
import { html, type Markup } from './html.ts';
import { layout } from './layout.ts';

export function problemPage(error: VigilError): Markup {
  return layout({
    title: 'Problem',
    body: html`
<section class="card">
<p class="eyebrow"><span class="chip bad">${error.code}</span></p>
<h1>That did not work</h1>
<p>${error.message}</p>
<p class="remedy"><strong>What to do:</strong> ${error.remedy}</p>
<p><a href="/">All sessions</a></p>
</section>`,
  });
}
