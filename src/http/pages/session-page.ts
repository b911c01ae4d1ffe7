import type { SessionId } from '../../session/id.ts';
import { html, type Markup } from './html.ts';
import { layout } from './layout.ts';
import { button, type SessionPanel, sessionPanel } from './session-panel.ts';

/** @param still whether it is to stay as it is where there is no script, for somebody who types */
export function sessionPage(panel: SessionPanel, canLeave: boolean, still: boolean): Markup {
  const { id } = panel.session;
  return layout({
    title: id,
    body: sessionPanel(panel),
    back: true,
    canLeave,
    live: { panel: `/sessions/${id}/panel`, every: 2_000, page: `/sessions/${id}`, still },
  });
}

/** For an id that is in order but unknown: the way to make it known. */
export function unknownSessionPage(id: SessionId, canLeave: boolean): Markup {
  return layout({
    title: id,
    canLeave,
    back: true,
    body: html`
<section class="card" data-region="status">
<p class="eyebrow">${id}</p>
<h1>No such session yet</h1>
<p>Create it and link a phone to it.</p>
</section>
<section class="actions" data-region="actions">
${button(`/sessions/${id}/pair`, 'Create and show a QR')}
</section>`,
    live: { panel: `/sessions/${id}/panel`, every: 2_000, page: `/sessions/${id}`, still: false },
  });
}
