/**
 * The library's LocalAuth, made harmless: `logout()` never deletes. The library calls it under a living
 * browser, and the profile may be the only copy of a login; the daemon quarantines it once the browser is
 * gone. The library's other hooks tell the engine how far the library is, which no event does.
 */
import type { LocalAuthStrategy, WhatsAppLibrary } from './library-types.ts';

export interface AuthHooks {
  /** Browser and page exist, nothing was navigated yet. The library calls it again after a logout. */
  browserReady(): Promise<void>;
  /**
   * The page says that it has synchronised, and the library begins to load its functions into it. Two of
   * these at once would register every listener twice, so the library waits for what this returns.
   */
  syncSeen(): Promise<void>;
  /** The library would delete the profile now. */
  logoutAsked(): void;
}

export function keepingLocalAuth(
  library: WhatsAppLibrary,
  options: { clientId?: string; dataPath: string },
  hooks: AuthHooks,
): LocalAuthStrategy {
  return new (class KeepingLocalAuth extends library.LocalAuth {
    override async afterBrowserInitialized(): Promise<void> {
      await hooks.browserReady();
    }

    override async getAuthEventPayload(): Promise<undefined> {
      await hooks.syncSeen();
    }

    override async logout(): Promise<void> {
      hooks.logoutAsked();
    }
  })(options);
}
