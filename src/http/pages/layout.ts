import { html, type Markup, type Piece } from './html.ts';

export interface Layout {
  readonly title: string;
  readonly body: Piece;
  /** Whether to lead back to the list. */
  readonly back?: boolean;
  /** Whether there is a login to leave. */
  readonly canLeave?: boolean;
  /** Address of the part that is kept current, and how often in milliseconds. */
  readonly live?: { readonly panel: string; readonly every: number };
}

export function layout({ title, body, canLeave = false, back = false, live }: Layout): Markup {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>${title} · vigil</title>
<link rel="icon" href="/assets/vigil.svg" type="image/svg+xml">
<link rel="stylesheet" href="/assets/vigil.css">
${live ? html`<script src="/assets/vigil.js" type="module"></script><noscript><meta http-equiv="refresh" content="5"></noscript>` : null}
</head>
<body>
<header class="top">
  <a class="brand" href="/"><img src="/assets/vigil.svg" alt="" width="28" height="28">vigil</a>
  ${canLeave ? html`<form method="post" action="/leave"><button class="quiet">Log out</button></form>` : null}
</header>
<main>
${back ? html`<p class="back"><a href="/">‹ All sessions</a></p>` : null}
${live ? html`<div data-panel="${live.panel}" data-every="${live.every}">${body}</div>` : body}
<p class="notice" role="alert" data-alert hidden></p>
</main>
${live ? html`<noscript><p class="notice">This page refreshes by itself. Its buttons need JavaScript.</p></noscript>` : null}
</body>
</html>
`;
}
