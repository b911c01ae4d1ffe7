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

function exchange(fragment) {
  for (const fresh of fragment.querySelectorAll('[data-region]')) {
    const old = panel.querySelector(`[data-region="${fresh.dataset.region}"]`);
    // Compared with what came last, not with the document, which a person may have opened and typed into.
    if (old?.dataset.html === fresh.innerHTML) continue;
    fresh.dataset.html = fresh.innerHTML;
    if (old) old.replaceWith(fresh);
    else panel.append(fresh);
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

/** A field named `{id}` fills that place in the address; the others are the body. */
async function send(form) {
  const body = {};
  let address = form.dataset.post;
  let then = form.dataset.then ?? '';
  for (const [name, value] of new FormData(form)) {
    if (name.startsWith('{')) {
      address = address.replace(name, encodeURIComponent(value));
      then = then.replace(name, encodeURIComponent(value));
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
