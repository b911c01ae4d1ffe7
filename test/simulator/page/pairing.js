/** Shows QRs, one ref after the other until the last has run out; or a pairing code. */
export class Pairing {
  #page;
  #timer;
  #shown = false;

  constructor(page) {
    this.#page = page;
  }

  async showQr() {
    const { wire, settings } = this.#page;
    const { refs } = await wire.ask('refs', {});
    this.#shown = true;
    clearTimeout(this.#timer);
    this.#show(refs, settings.firstRefMs);
  }

  /** Asked for when the refs have run out; the real page shows a button. */
  refresh() {
    if (this.#shown) this.showQr().catch(() => this.#page.wire.lose());
  }

  stop() {
    clearTimeout(this.#timer);
    this.#shown = false;
    document.querySelector('#qr')?.remove();
  }

  get showing() {
    return this.#shown;
  }

  async startCode(phone) {
    const { code } = await this.#page.wire.ask('code', { phone });
    return code;
  }

  #show([ref, ...rest], forMs) {
    const { conn, socket, wire, settings, login } = this.#page;
    if (ref === undefined) {
      socket.enter('UNPAIRED_IDLE');
      wire.tell('idle');
      return;
    }
    conn.set({ ref });
    wire.tell('qr', { ref, noisePub: login.noisePub });
    this.#draw(ref);
    socket.enter('UNPAIRED');
    this.#timer = setTimeout(() => this.#show(rest, settings.refMs), forMs);
  }

  #draw(ref) {
    const box = document.querySelector('#qr') ?? document.body.appendChild(document.createElement('div'));
    box.id = 'qr';
    box.dataset['ref'] = ref;
    box.innerHTML = '<canvas role="img" aria-label="Scan this QR code to link a device!"></canvas>';
  }
}
