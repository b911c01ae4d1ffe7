import type { SessionView } from '../../session/session-view.ts';
import { relativeTime } from '../../wording/relative-time.ts';
import { reasonWords } from '../../wording/words.ts';
import { chip } from './chip.ts';
import { html, type Markup } from './html.ts';
import { layout } from './layout.ts';

/** @param still as of a session's page */
export function listPage(
  sessions: readonly SessionView[],
  now: number,
  canLeave: boolean,
  still: boolean,
): Markup {
  return layout({
    title: 'Sessions',
    canLeave,
    live: { panel: '/panel', every: 5_000, page: '/', still },
    body: listPanel(sessions, now),
  });
}

export function listPanel(sessions: readonly SessionView[], now: number): Markup {
  const online = sessions.filter((session) => session.status === 'ready').length;
  return html`
<div class="title" data-region="title">
<h1>Sessions</h1>
${sessions.length > 0 ? html`<p class="count">${online} of ${sessions.length} online</p>` : null}
</div>
<div data-region="list">${sessions.length > 0 ? list(sessions, now) : empty}</div>
<section class="actions" data-region="add">
<details${sessions.length > 0 ? null : html` open`}>
  <summary>Add a session</summary>
  <form method="post" action="/sessions" data-post="/api/sessions/{id}/pair" data-then="/sessions/{id}">
    <label for="new-id">Its name: letters, digits, - and _</label>
    <div class="row">
      <input id="new-id" name="id" required maxlength="64" pattern="[A-Za-z0-9_\\-]{1,64}" autocapitalize="none" autocomplete="off" spellcheck="false" placeholder="sales">
      <button>Add</button>
    </div>
  </form>
</details>
</section>`;
}

const empty = html`
<section class="card">
<h2>Nothing here yet</h2>
<p>Add a session below, type <code>vigil pair main</code>, or set <code>VIGIL_SESSIONS=main</code> and restart.</p>
</section>`;

function list(sessions: readonly SessionView[], now: number): Markup {
  return html`<ul class="sessions">${sessions.map((session) => item(session, now))}</ul>`;
}

function item(session: SessionView, now: number): Markup {
  const who = session.name ?? (session.phone === null ? 'not linked yet' : `+${session.phone}`);
  const why = session.reason === null ? null : reasonWords(session.reason);
  return html`<li><a class="card" href="/sessions/${session.id}">
<span class="id">${session.id}</span> ${chip(session.status)}
<span class="who">${why ?? who}</span>
<span class="since">${relativeTime(session.since, now)}</span>
</a></li>`;
}
