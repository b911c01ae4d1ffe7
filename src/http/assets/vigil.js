/**
 * Keeps a page current: asks for its panel every few seconds, exchanges the regions that changed, and carries the
 * forms to the API. Stops while the page is hidden; keeps asking while the daemon is away.
 */
const panel = document.querySelector('[data-panel]');
const alertLine = document.querySelector('[data-alert]');
const every = Number(panel.dataset.every);
let timer;
let asking = false;

function say(text) {
  alertLine.textContent = text;
  alertLine.hidden = text === '';
}

let lost = false;

function connection(isLost) {
  if (isLost) say('The daemon does not answer. Trying again …');
  else if (lost) say('');
  lost = isLost;
}

/** How to find again what has the focus there; whoever goes by keyboard would begin at the top each time. */
function focusedIn(region) {
  const { activeElement } = document;
  if (!region?.contains(activeElement)) return null;
  if (activeElement.id) return `#${activeElement.id}`;
  const href = activeElement.getAttribute('href');
  return href === null ? activeElement.localName : `a[href="${href}"]`;
}

function exchange(fragment) {
  let last = null;
  for (const fresh of fragment.querySelectorAll('[data-region]')) {
    const old = panel.querySelector(`[data-region="${fresh.dataset.region}"]`);
    // Compared with what came last, not with the document, which a person may have opened and typed into.
    const html = fresh.innerHTML;
    const before = last;
    last = old ?? fresh;
    if (old?.dataset.html === html) continue;
    const focus = focusedIn(old);
    // The element stays: what is read out to those who cannot see it is a change of what was there.
    if (old) old.replaceChildren(...fresh.childNodes);
    else if (before) before.after(fresh);
    else panel.prepend(fresh);
    last.dataset.html = html;
    if (focus) last.querySelector(focus)?.focus({ preventScroll: true });
  }
}

async function refresh() {
  if (asking || document.hidden) return;
  asking = true;
  clearTimeout(timer);
  try {
    const answer = await fetch(panel.dataset.panel, { signal: AbortSignal.timeout(10_000) });
    if (answer.status === 401) {
      location.reload();
      return;
    }
    // 404: not there yet, and the page says so. Everything else is a daemon on its way up or down.
    if (answer.ok) exchange(new DOMParser().parseFromString(await answer.text(), 'text/html'));
    connection(!answer.ok && answer.status !== 404);
  } catch {
    connection(true);
  } finally {
    asking = false;
    timer = setTimeout(refresh, every);
  }
}

/** A field whose name stands in the address as `{name}` fills that place; the others are the body. */
async function send(form) {
  const body = {};
  let address = form.dataset.post;
  let then = form.dataset.then ?? '';
  for (const [name, value] of new FormData(form)) {
    const place = `{${name}}`;
    if (address.includes(place)) {
      address = address.replace(place, encodeURIComponent(value));
      then = then.replace(place, encodeURIComponent(value));
    } else body[name] = value;
  }
  const answer = await fetch(address, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(150_000),
  });
  if (answer.ok) {
    say('');
    if (then) location.assign(then);
    // What comes of it is shown at the top, and on a phone the form is far below.
    else scrollTo({ top: 0 });
    return;
  }
  const { error } = await answer.json();
  say(`${error.message} ${error.remedy}`);
}

document.addEventListener('submit', async (event) => {
  const form = event.target;
  if (!form.dataset.post) return;
  event.preventDefault();
  const button = form.querySelector('button');
  button.disabled = true;
  try {
    await send(form);
  } catch {
    say('The daemon does not answer. Nothing was changed.');
  } finally {
    button.disabled = false;
    refresh();
  }
});

document.addEventListener('visibilitychange', () => {
  if (document.hidden) clearTimeout(timer);
  else refresh();
});

for (const region of panel.querySelectorAll('[data-region]')) region.dataset.html = region.innerHTML;
timer = setTimeout(refresh, every);
