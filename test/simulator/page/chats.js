import { Collection, Model } from './models.js';
import { createWid, MsgKey, Wid } from './wid.js';

export class Msg extends Model {
  constructor(attributes) {
    super({ isNewMsg: false, links: [], ...attributes });
  }

  unsafe() {
    return this;
  }

  /** What an answer to it carries of it. */
  msgContextInfo() {
    return { quotedStanzaID: this.id.id, quotedMsg: { type: this.type, body: this.body } };
  }
}

class Chat extends Model {
  constructor(attributes) {
    super({ unreadCount: 0, archive: false, mute: { expiration: 0 }, ...attributes });
    Object.defineProperty(this, 'msgs', { value: new Collection(Msg) });
  }

  serialize() {
    return { ...this, msgs: this.msgs.getModelsArray().map((msg) => msg.serialize()) };
  }
}

/** Chats, contacts and messages: kept in IndexedDB first, shown second. */
export class Chats {
  #page;
  #unsent = [];

  constructor(page) {
    this.#page = page;
    this.msg = new Collection(Msg);
    this.msg.getMessagesById = async (ids) => ({
      messages: ids.map((id) => this.msg.get(id)).filter(Boolean),
    });
    this.msg.search = async (query) => ({
      messages: this.msg.getModelsArray().filter((msg) => msg.body?.includes(query)),
    });
    this.chat = new Collection(Chat, (id) => this.#newChat(id));
    this.contact = new Collection(Model, (id) => this.#newContact(id));
    page.wire.on('message', ({ message }) => this.receive(message));
    page.wire.on('ack', ({ id, ack }) => this.msg.get(id)?.set({ ack }));
  }

  async load() {
    const { databases } = this.#page;
    for (const { id, unreadCount } of await databases.getAll('model-storage', 'chat')) {
      if (!this.chat.get(id)) this.chat.load(this.#newChat(id, { unreadCount }));
    }
    for (const { id, name } of await databases.getAll('model-storage', 'contact')) {
      if (!this.contact.get(id)) this.contact.load(this.#newContact(id, { name }));
    }
  }

  async receive({ id, from, body, t }) {
    const remote = createWid(from);
    const key = new MsgKey({ fromMe: false, remote, id });
    const chat = await this.chat.find(remote);
    await this.contact.find(remote);
    if (!this.msg.get(key)) {
      await this.#store(key._serialized, { t, body, type: 'chat' }, chat);
      const msg = new Msg({ id: key, from: remote, to: this.#page.me.wid, body, t, ack: 1, type: 'chat' });
      msg.isNewMsg = true;
      chat.set({ t, unreadCount: chat.unreadCount + 1, lastReceivedKey: key });
      this.#show(msg, chat);
    }
    this.#page.wire.tell('received', { id });
  }

  /** As WAWebSendMsgChatAction has it: one promise for being shown, one for having been sent. */
  addAndSend(chat, attributes) {
    const msg = new Msg(attributes);
    const { id, t, body, type } = msg;
    const added = this.#store(id._serialized, { t, body, type }, chat).then(() => {
      chat.set({ t });
      this.#show(msg, chat);
    });
    const sent = added.then(() => this.#send(msg)).then(() => ({ messageSendResult: 'OK', t }));
    return [added, sent];
  }

  async sendSeen(chat) {
    chat.set({ unreadCount: 0 });
    this.#page.wire.tell('seen', { chat: chat.id._serialized });
  }

  /** Sends what was written while the link was down. */
  async flush() {
    for (const { msg, resolve } of this.#unsent.splice(0)) await this.#send(msg).then(resolve);
  }

  async #send(msg) {
    if (this.#page.socket.state === 'CONNECTED') {
      const body = { id: msg.id._serialized, to: msg.to._serialized, body: msg.body };
      const answer = await this.#page.wire.ask('out', body).catch(() => undefined);
      if (answer) {
        msg.set({ ack: Math.max(msg.ack, answer.ack) });
        return;
      }
    }
    const { promise, resolve } = Promise.withResolvers();
    this.#unsent.push({ msg, resolve });
    await promise;
  }

  #store(id, message, chat) {
    const record = { id: chat.id._serialized, t: message.t, unreadCount: chat.unreadCount };
    return this.#page.databases.write('model-storage', [
      ['message', id, { id, ...message }],
      ['message-info', id, { id, receivedAt: Date.now() }],
      ['chat', record.id, record],
    ]);
  }

  #show(msg, chat) {
    chat.msgs.add(msg);
    msg.joined(this.msg);
    this.msg.add(msg);
  }

  #newChat(from, extra = {}) {
    const id = from instanceof Wid ? from : createWid(from);
    return new Chat({ id, formattedTitle: id.user, name: id.user, ...extra });
  }

  #newContact(from, extra = {}) {
    const id = from instanceof Wid ? from : createWid(from);
    return new Model({ id, name: id.user, pushname: id.user, type: 'in', ...extra });
  }
}
