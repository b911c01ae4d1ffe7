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
import { prose } from './prose.ts';

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
<section class="code-place" data-region="code" role="status">${code(session, material)}</section>
<section class="pairing" data-region="pairing">${pairing(session, material, svg)}</section>
<section class="actions" data-region="actions">${actions(session)}</section>
<div data-region="by-number">${byNumber(session)}</div>
<dl class="facts" data-region="facts">${facts(session, now)}</dl>`;
}

function status(session: SessionView): Markup {
  const { headline, detail } = statusWords[session.status];
  const reason = session.reason === null ? null : reasonWords(session.reason);
  const button = nextStep(session) === null ? null : 'Without a terminal: the button below.';
  return html`
<p class="eyebrow">${session.id} ${chip(session.status)}</p>
<h1>${headline}</h1>
${reason ? html`<p class="reason">${reason}</p>` : null}
${detail ? html`<p>${detail}</p>` : null}
${session.status === 'qr_ready' ? html`<p class="by-touch"><a href="#by-number">Only this phone? Link with a code</a></p>` : null}
${session.remedy ? html`<p class="remedy"><strong>What to do:</strong> ${prose(session.remedy)} ${button}</p>` : null}`;
}

function code(session: SessionView, material: PairingMaterial | null): Markup | null {
  if (session.status !== 'qr_ready' || material === null) return null;
  if (material.code !== null) {
    return html`<div class="card">
<h2>Type this code into WhatsApp</h2>
<p class="code">${groupedCode(material.code)}</p>
<p class="hint">After Link a device, choose “Link with phone number instead”; or touch the notification that WhatsApp sends.</p>
</div>`;
  }
  switch (material.codeRequest) {
    case 'waiting':
      return html`<p class="card">A code is on its way …</p>`;
    case 'refused':
      return html`<p class="notice">WhatsApp gave no code for this number. Is it right, with its country code? After several tries WhatsApp wants some minutes of rest. The QR still works.</p>`;
    case null:
      return null;
  }
}

function pairing(session: SessionView, material: PairingMaterial | null, svg: string | null): Markup | null {
  if (session.status !== 'qr_ready') return null;
  if (svg !== null) {
    return html`
<div class="qr" role="img" aria-label="QR code to scan with WhatsApp">${trusted(svg)}</div>
<p class="hint">It changes now and then; this page follows by itself.</p>`;
  }
  return material?.code ? null : html`<div class="qr waiting"><p>A new QR is on its way …</p></div>`;
}

function actions(session: SessionView): Markup | null {
  switch (nextStep(session)) {
    case 'pair':
      return button(`/sessions/${session.id}/pair`, 'Show a new QR');
    case 'start':
      return button(`/sessions/${session.id}/start`, session.status === 'failed' ? 'Try again' : 'Start');
    case null:
      return null;
  }
}

/** Works without a script as well, by the page's own address; the script takes the API's. */
export function button(address: string, label: string): Markup {
  return html`<form method="post" action="${address}" data-post="/api${address}"><button class="primary">${label}</button></form>`;
}

/** The same whether a QR is there or has expired: it may happen while somebody types. */
function byNumber(session: SessionView): Markup | null {
  if (session.status !== 'qr_ready' && nextStep(session) !== 'pair') return null;
  const address = `/sessions/${session.id}/pair`;
  return html`
<section class="card" id="by-number">
<h2>Link with a code</h2>
<p>For WhatsApp on this very phone, which cannot scan its own screen. Give its number; then type the code that appears here into WhatsApp.</p>
<form method="post" action="${address}" data-post="/api${address}">
  <label for="phone">Phone number, with country code</label>
  <div class="row">
    <input id="phone" name="phone" type="tel" inputmode="tel" autocomplete="tel" placeholder="+49 151 2345678" required maxlength="40">
    <button>Get a code</button>
  </div>
</form>
</section>`;
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
