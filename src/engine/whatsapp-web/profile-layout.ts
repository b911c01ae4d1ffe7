import type { ProfileLayout } from '../profile-layout.ts';

/**
 * Measured with Chromium 156 and whatsapp-web.js 1.34.7: a profile of `Default/IndexedDB` and `Default/Local
 * Storage` alone reaches `ready`; without either there is a QR.
 */
export const whatsappWebProfile: ProfileLayout = {
  version: 1,
  essential: [
    { path: 'Default/IndexedDB', kind: 'indexed-db', required: true },
    { path: 'Default/Local Storage', kind: 'local-storage', required: true },
    { path: 'Default/Session Storage', kind: 'session-storage', required: false },
  ],
  // Local Storage as a SQLite file: Chromium's feature DomStorageSqlite.
  otherForms: ['Default/LocalStorage'],
  origin: 'https://web.whatsapp.com',
  deviceKey: 'last-wid-md',
  loginKeys: ['last-wid-md', 'last-wid', 'WALid', 'me-display-name'],
};

/** As hosts are told which engine to load, and as manifests name it. */
export const whatsappWeb = { name: 'whatsapp-web', layout: whatsappWebProfile } as const;
