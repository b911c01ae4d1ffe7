/**
 * What there is to scan or type. The engine's offers are kept back until the machine has decided whether anybody
 * may see them: a QR where a settled login was expected is shown to nobody.
 */
import type { CodeRequest, PairingMaterial, SessionNotice } from './session-view.ts';

export type Offer = { readonly qr?: string; readonly code?: string };

export class PairingOffer {
  #kept: Offer = {};
  #shown: Omit<PairingMaterial, 'codeRequest'> | null = null;
  #codeRequest: CodeRequest | null = null;

  get shown(): PairingMaterial | null {
    return this.#shown && { ...this.#shown, codeRequest: this.#codeRequest };
  }

  /** A code was asked for, or is not to be had. One for another number means nothing any more. */
  request(request: CodeRequest): void {
    this.#codeRequest = request;
    if (this.#shown) this.#shown = { ...this.#shown, code: null };
  }

  keep(offer: Offer): void {
    this.#kept = { ...this.#kept, ...offer };
  }

  /** The session pairs: what was kept back may be seen. Returns what is new. `at` is an ISO time. */
  show(at: string): readonly SessionNotice[] {
    const { qr, code } = this.#kept;
    this.#kept = {};
    if (code !== undefined) this.#codeRequest = null;
    this.#shown = { qr: qr ?? this.#shown?.qr ?? null, code: code ?? this.#shown?.code ?? null, at };
    return [
      ...(qr === undefined ? [] : [{ event: 'qr', qr } as const]),
      ...(code === undefined ? [] : [{ event: 'code', code } as const]),
    ];
  }

  /** The session does not pair, or no longer. */
  withdraw(): void {
    this.#kept = {};
    this.#shown = null;
    this.#codeRequest = null;
  }
}
