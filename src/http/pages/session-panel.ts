/**
 * The part of a session's page that is kept current. Each region is exchanged by the page's script only when it
 * has changed, so that a half-typed phone number or a focused button survives what happens elsewhere.
 */
import type { PairingMaterial, SessionView } from '../../session/session-view.ts';
import { groupedCode } from '../../wording/pairing-code.ts';
import { relativeTime } from '../../wording/relative-time.ts';
import { nextStep, reasonWords, statusWords } from '../../wording/words.ts';
import { chip } from './chip.ts';
import { html, type Markup, trusted } from './html.ts';

export interface SessionPanel {
  readonly session: SessionView;
  readonly material: PairingMaterial | null;
  /** The QR as SVG; null when there is none. */
  readonly svg: string | null;
  readonly now: number;
}

export function sessionPanel({ session, material, svg, now }: SessionPanel): Markup {
  return html`
<section class="card" data-region="status" role="status">${status(session)}</section>
<section class="pairing" data-region="pairing">${pairing(session, material, svg)}</section>
<section class="actions" data-region="actions">${actions(session)}</section>
<dl class="facts" data-region="facts">${facts(session, now)}</dl>`;
}

function status(session: SessionView): Markup {
  const { headline, detail } = statusWords[session.status];
  const reason = session.reason === null ? null : reasonWords(session.reason);
  return html`
<p class="eyebrow">${session.id} ${chip(session.status)}</p>
<h1>${headline}</h1>
${reason ? html`<p class="reason">${reason}</p>` : null}
${detail ? html`<p>${detail}</p>` : null}
${session.remedy ? html`<p class="remedy"><strong>What to do:</strong> ${session.remedy}</p>` : null}`;
}

function pairing(session: SessionView, material: PairingMaterial | null, svg: string | null): Markup | null {
  if (session.status !== 'qr_ready') return null;
  const code = material?.code ?? null;
  if (svg === null && code === null) {
    return html`<div class="qr waiting"><p>A new code is on its way …</p></div>`;
  }
  return html`
${
  code
    ? html`<p class="code-label">There choose “Link with phone number instead” and type</p><p class="code">${groupedCode(code)}</p>`
    : null
}
${svg ? html`<div class="qr" role="img" aria-label="QR code to scan with WhatsApp">${trusted(svg)}</div>` : null}
<p class="hint">It changes now and then; this page follows by itself.</p>`;
}

function actions(session: SessionView): Markup | null {
  const base = `/api/sessions/${session.id}`;
  const phone = html`
<details class="phone">
  <summary>Link with the phone number instead</summary>
  <form data-post="${base}/pair">
    <label for="phone">Phone number, with country code</label>
    <div class="row">
      <input id="phone" name="phone" type="tel" inputmode="tel" autocomplete="tel" placeholder="+49 151 2345678" required maxlength="40">
      <button>Get a code</button>
    </div>
  </form>
</details>`;
  const step = nextStep(session);
  if (step === 'pair') {
    return html`<form data-post="${base}/pair"><button class="primary">Show a new code</button></form>${phone}`;
  }
  if (step === 'start') {
    const label = session.status === 'failed' ? 'Try again' : 'Start';
    return html`<form data-post="${base}/start"><button class="primary">${label}</button></form>`;
  }
  return session.status === 'qr_ready' ? phone : null;
}

function facts(session: SessionView, now: number): Markup {
  const rows: readonly (readonly [string, string | null])[] = [
    ['Name', session.name],
    ['Phone', session.phone === null ? null : `+${session.phone}`],
    ['Last seen', session.lastSeen === null ? null : relativeTime(session.lastSeen, now)],
    ['Next try', session.nextTry === null ? null : relativeTime(session.nextTry, now)],
    ['Last backup', session.lastBackup === null ? null : relativeTime(session.lastBackup, now)],
    ['Restarts', session.restarts === 0 ? null : String(session.restarts)],
    ['In this state', relativeTime(session.since, now).replace(/ ago$/, '')],
  ];
  return html`${rows.map(([name, value]) => (value === null ? null : html`<div><dt>${name}</dt><dd>${value}</dd></div>`))}`;
}
