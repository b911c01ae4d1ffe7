/** An address: a user, a linked identity (lid), a group or a broadcast. */
export class Wid {
  constructor(user, server) {
    this.server = server;
    this.user = user;
    this._serialized = `${user}@${server}`;
  }

  toString() {
    return this._serialized;
  }
  toJid() {
    return this._serialized.replace('@c.us', '@s.whatsapp.net');
  }
  isUser() {
    return this.server === 'c.us' || this.server === 'lid';
  }
  isLid() {
    return this.server === 'lid';
  }
  isGroup() {
    return this.server === 'g.us';
  }
  isBroadcast() {
    return this.server === 'broadcast';
  }
  isStatus() {
    return this._serialized === 'status@broadcast';
  }
  isNewsletter() {
    return this.server === 'newsletter';
  }
  equals(other) {
    return this._serialized === other?._serialized;
  }
}

export function createWid(from) {
  if (from instanceof Wid) return from;
  const text = typeof from === 'string' ? from : from?._serialized;
  const match = /^([^@]*)@([a-z.]+)$/.exec(text ?? '');
  if (!match) throw new Error(`wid error: invalid wid ${text}`);
  return new Wid(match[1].replace(/:\d+$/, ''), match[2].replace('s.whatsapp.net', 'c.us'));
}

export class MsgKey {
  constructor({ from, to, id, participant, selfDir, fromMe = selfDir === 'out', remote }) {
    this.fromMe = fromMe;
    this.remote = remote ?? (fromMe ? to : from);
    this.id = id;
    if (participant) this.participant = participant;
    const parts = [fromMe, this.remote._serialized, id];
    if (participant) parts.push(participant._serialized ?? participant);
    this._serialized = parts.join('_');
  }

  static async newId() {
    const bytes = crypto.getRandomValues(new Uint8Array(9));
    return `3EB0${[...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')}`.toUpperCase();
  }

  toString() {
    return this._serialized;
  }
}
