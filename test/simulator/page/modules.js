import { chatModules } from './chat-modules.js';
import { toBase64 } from './encoding.js';

/** What `window.require` knows. An unknown name throws, as on the real page. */
export function defineModules(page) {
  const { socket, conn, cmd, offline, login, me, pairing, wire, identity } = page;
  const modules = {
    WAWebSocketModel: { Socket: socket },
    WAWebConnModel: { Conn: conn },
    WAWebCmd: { Cmd: cmd },
    WAWebOfflineHandler: { OfflineMessageHandler: { getOfflineDeliveryProgress: () => offline.progress } },
    WAWebAltDeviceLinkingApi: {
      setPairingType: () => {},
      initializeAltDeviceLinking: async () => {},
      initializeQRLinking: async () => pairing.refresh(),
      startAltLinkingFlow: (phone) => pairing.startCode(phone),
    },
    WAWebLaunchSocketUtils: { refreshQR: () => pairing.refresh() },
    WABase64: { encodeB64: toBase64 },
    WAWebCompanionRegClientUtils: { DEVICE_PLATFORM: 1 },
    WAWebAdvSignatureApi: {},
    WAWebUserPrefsInfoStore: {
      waNoiseInfo: { get: async () => ({ staticKeyPair: (await identity()).noise }) },
    },
    WAWebSignalStoreApi: {
      waSignalStore: { getRegistrationInfo: async () => (await identity()).registration },
    },
    WAWebUserPrefsMultiDevice: { getADVSecretKey: () => login.advSecret },
    WAWebUserPrefsMeUser: {
      getMaybeMePnUser: () => me.wid,
      getMaybeMeLidUser: () => me.lid,
      getMeUser: () => me.wid,
    },
    WAWebMiscBrowserUtils: { info: () => ({ name: 'Chrome', os: 'Mac OS', version: '101' }) },
    WAWebStreamModel: {
      Stream: {
        markAvailable: () => wire.tell('stream', { available: true }),
        markUnavailable: () => wire.tell('stream', { available: false }),
      },
    },
    WAWebPresenceChatAction: {
      sendPresenceAvailable: () => wire.tell('presence', { available: true }),
      sendPresenceUnavailable: () => wire.tell('presence', { available: false }),
    },
    ...chatModules(page),
  };
  return (name) => {
    const found = modules[name];
    if (!found) throw new Error(`Requiring unknown module "${name}"`);
    return found;
  };
}
