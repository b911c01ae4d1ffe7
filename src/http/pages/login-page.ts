import { html, type Markup } from './html.ts';
import { layout } from './layout.ts';

export type LoginTrouble = { readonly kind: 'wrong' } | { readonly kind: 'limited'; readonly remedy: string };

/** Works without a script. */
export function loginPage(next: string, trouble: LoginTrouble | null): Markup {
  return layout({
    title: 'Log in',
    body: html`
<section class="card login">
<h1>Log in</h1>
<p>The key is the value of <code>VIGIL_API_KEY</code> where the daemon runs.</p>
${trouble ? html`<p class="notice" role="alert" id="trouble">${sentence(trouble)}</p>` : null}
<form method="post" action="/login">
  <input type="hidden" name="next" value="${next}">
  <input class="visually-hidden" type="text" name="username" value="vigil" autocomplete="username" tabindex="-1" aria-hidden="true" readonly>
  <label for="key">API key</label>
  <input id="key" name="key" type="password" required autofocus autocomplete="current-password"${trouble ? html` aria-invalid="true" aria-describedby="trouble"` : null}>
  <button class="primary">Log in</button>
</form>
</section>`,
  });
}

function sentence(trouble: LoginTrouble): string {
  return trouble.kind === 'wrong' ? 'That is not the key.' : `Too many wrong keys. ${trouble.remedy}`;
}
