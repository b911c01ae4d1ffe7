import { Emitter } from './emitter.js';
import { Collection, Model } from './models.js';
import { createWid, MsgKey } from './wid.js';

const LINK = /https?:\/\/[^\s]+/g;

/** The modules that chats, contacts and messages go through. */
export function chatModules(page) {
  const { chats, me, wire, cmd } = page;
  const contactName = (contact) => contact.name;
  const calls = Object.assign(new Emitter(), { callMap: new Map() });
  const findLinks = (text) => (String(text ?? '').match(LINK) ?? []).map((href) => ({ href }));
  const numberExists = async (wid) => {
    const { exists } = await wire.ask('exists', { wid: wid._serialized });
    return exists ? { wid } : null;
  };
  cmd.archiveChat = (chat, archive) => chat.set({ archive });
  cmd.openChatBottom = async () => true;
  return {
    WAWebCollections: {
      Msg: chats.msg,
      Chat: chats.chat,
      Contact: chats.contact,
      Label: new Collection(),
      Blocklist: new Collection(),
      GroupMetadata: new Collection(),
      BusinessProfile: new Collection(Model, (id) => new Model({ id })),
      ProfilePicThumb: new Collection(),
      WAWebNewsletterCollection: new Collection(),
    },
    WAWebWidFactory: {
      createWid,
      createWidFromWidLike: createWid,
      createUserWidOrThrow: createWid,
      asUserWidOrThrow: createWid,
    },
    WAWebMsgKey: MsgKey,
    WAWebMsgReply: { canReplyMsg: () => true },
    WAWebCallCollection: calls,
    WAWebSyncGatingUtils: { isPlaceholderMessageResendEnabled: () => false },
    WAWebNonMessageDataRequestPlaceholderMessageResendUtils: { handlePlaceholderMsgsSeen: () => {} },
    WAWebAddonReactionTableMode: { reactionTableMode: { bulkUpsert: async () => {} } },
    WAWebAddonPollVoteTableMode: { pollVoteTableMode: { bulkUpsert: async () => {} } },
    WAWebBackendJobsCommon: { mediaTypeFromProtobuf: () => null },
    WAWebE2EProtoUtils: { typeAttributeFromProtobuf: () => 'text' },
    WAWebFindChatAction: { findOrCreateLatestChat: async (wid) => ({ chat: await chats.chat.find(wid) }) },
    WAWebUpdateUnreadChatAction: { sendSeen: ({ chat }) => chats.sendSeen(chat) },
    WAWebSendMsgChatAction: { addAndSendMsgToChat: (chat, message) => chats.addAndSend(chat, message) },
    WAWebGetEphemeralFieldsMsgActionsUtils: { getEphemeralFields: () => ({}) },
    WAWebChatLoadMessages: { loadEarlierMsgs: async () => [] },
    WAWebChatGetters: {
      getIsNewsletter: (chat) => chat.id.isNewsletter(),
      getIsBroadcast: (chat) => chat.id.isBroadcast(),
    },
    WAWebChatStateBridge: {
      sendChatStateComposing: async () => {},
      sendChatStateRecording: async () => {},
      sendChatStatePaused: async () => {},
    },
    WALinkify: { findLinks, findLink: (text) => findLinks(text)[0] },
    WAWebLinkPreviewChatAction: { getLinkPreview: async () => undefined },
    WAWebVcardParsingUtils: { parseVcard: () => undefined },
    WAWebQueryExistsJob: { queryWidExists: numberExists },
    WAWebPhoneUtils: { formattedPhoneNumber: (jid) => `+${String(jid).split('@')[0]}` },
    WAWebLidMigrationUtils: { toPn: (wid) => wid, toLid: () => undefined },
    WAWebApiContact: {
      getAlternateUserWid: () => undefined,
      getCurrentLid: () => undefined,
      getPhoneNumber: (wid) => wid,
    },
    WAWebContactProfilePicThumbBridge: { requestProfilePicFromServer: async () => undefined },
    WAWebContactStatusBridge: { getStatus: async () => ({ status: '' }), setMyStatus: async () => {} },
    WAWebFrontendContactGetters: { getIsMyContact: () => true },
    WAWebContactGetters: {
      getIsMe: (contact) => contact.id.equals(me.wid),
      getIsUser: (contact) => contact.id.isUser(),
      getIsGroup: (contact) => contact.id.isGroup(),
      getIsWAContact: () => true,
      getUserid: (contact) => contact.id.user,
      getVerifiedName: () => undefined,
      getVerifiedLevel: () => undefined,
      getStatusMute: () => undefined,
      getName: contactName,
      getShortName: contactName,
      getPushname: (contact) => contact.pushname,
      getIsEnterprise: () => false,
    },
  };
}
