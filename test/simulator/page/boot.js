import { watchActivity } from './activity.js';
import { Chats } from './chats.js';
import { Databases } from './databases.js';
import { Emitter } from './emitter.js';
import { Login } from './login.js';
import { Me } from './me.js';
import { Model } from './models.js';
import { defineModules } from './modules.js';
import { Pairing } from './pairing.js';
import { Session } from './session.js';
import { Socket } from './socket.js';
import { obeyTrouble } from './trouble.js';
import { Wire } from './wire.js';

const { id, settings } = JSON.parse(document.querySelector('#boot').textContent);

const wire = new Wire(id);
const databases = new Databases();
const login = new Login(databases);
const page = { settings, wire, databases, login, me: new Me(), offline: { progress: 0 }, cmd: new Emitter() };
page.socket = new Socket(wire);
page.conn = new Model({ ref: undefined, platform: 'android', connected: false, battery: 80, plugged: false });
page.chats = new Chats(page);
page.pairing = new Pairing(page);
page.identity = () => login.identity(settings.identityAtLoad);
page.cmd.refreshQR = () => page.pairing.refresh();
page.session = new Session(page);
page.socket.drivenBy(page.session);

wire.on('settings', (event) => Object.assign(settings, event.settings));
watchActivity(wire);
obeyTrouble(wire, databases);

window.require = defineModules(page);
await databases.open();
setTimeout(() => {
  window.Debug = { VERSION: settings.version };
}, settings.bootDelayMs);
page.session.run().catch((error) => console.error('the session ended', error));
