/** What the server can make go wrong in a page from the inside. */
export function obeyTrouble(wire, databases) {
  wire.on('hang', () => {
    setTimeout(() => {
      for (;;);
    });
  });
  wire.on('crash', () => setTimeout(crash));
  wire.on('reload', () => location.reload());
  wire.on('dialog', () => showDialog(wire));
  wire.on('readAll', async ({ id }) => {
    const counts = await databases.readAll().catch((error) => ({ error: String(error) }));
    wire.tell('answer', { id, counts });
  });
}

/** An array larger than V8's heap may hold at once: the renderer dies of it within half a second. */
function crash() {
  'x'.repeat(2 ** 28).split('');
}

function showDialog(wire) {
  document.querySelector('[role=dialog]')?.remove();
  const dialog = document.createElement('div');
  dialog.setAttribute('role', 'dialog');
  dialog.setAttribute('aria-label', "What's new on WhatsApp Web");
  const heading = document.createElement('h1');
  heading.textContent = "What's new on WhatsApp Web";
  const button = document.createElement('button');
  button.textContent = 'Continue';
  button.addEventListener('click', () => {
    dialog.remove();
    wire.tell('dismissed');
  });
  dialog.append(heading, button);
  document.body.append(dialog);
}
