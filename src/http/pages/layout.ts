import { html, type Markup, type Piece } from './html.ts';

export interface Layout {
  readonly title: string;
  readonly body: Piece;
  /** Whether to lead back to the list. */
  readonly back?: boolean;
  /** Whether there is a login to leave. */
  readonly canLeave?: boolean;
  readonly live?: Live;
}

export interface Live {
  /** Address of the part that is kept current. */
  readonly panel: string;
  /** How often, in milliseconds. */
  readonly every: number;
  /** The page's own address; where there is no script the whole of it is loaded anew, unless it is to stand still. */
  readonly page: string;
  readonly still: boolean;
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
${live ? html`<script src="/assets/vigil.js" type="module"></script>` : null}
${live && !live.still ? html`<noscript><meta http-equiv="refresh" content="5"></noscript>` : null}
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
${live ? withoutScript(live) : null}
</body>
</html>
`;
}

function withoutScript({ page, still }: Live): Markup {
  const words = still
    ? html`This page stands still. <a href="${page}">Let it follow again.</a>`
    : html`This page is loaded anew every 5 seconds. <a href="${page}?still">Hold it still</a> to type.`;
  return html`<noscript><p class="aside">${words}</p></noscript>`;
}
