import type { SessionId } from '../../session/id.ts';
import { html, type Markup } from './html.ts';
import { layout } from './layout.ts';
import { type SessionPanel, sessionPanel } from './session-panel.ts';

export function sessionPage(panel: SessionPanel, canLeave: boolean): Markup {
  const { id } = panel.session;
  return layout({
    title: id,
    body: sessionPanel(panel),
    back: true,
    canLeave,
    live: { panel: `/sessions/${id}/panel`, every: 2_000 },
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
<form data-post="/api/sessions/${id}/pair"><button class="primary">Create and show a code</button></form>
</section>`,
    live: { panel: `/sessions/${id}/panel`, every: 2_000 },
  });
}
