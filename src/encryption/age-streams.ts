/** What age makes of a stream, either way, with what a header may ask of this machine held down. Runs in the thread. */
import { Decrypter, Encrypter } from 'age-encryption';
import { mostPassphraseCost, passphraseCost, type WorkerTask } from './worker-protocol.ts';

type Bytes = ReadableStream<Uint8Array>;
type Keys = Pick<WorkerTask, 'recipients' | 'identities' | 'passphrases'>;

/** Of a header: hundreds of keys. Beyond that it is none, and would only be held in memory. */
const longestHeader = 65_536;

/** No key that is here fits; whatever else is thrown says that it was torn or altered. */
export class NoKeyFits extends Error {}

export async function sealed(input: Bytes, { recipients, passphrases }: Keys): Promise<Bytes> {
  const encrypter = new Encrypter();
  encrypter.setScryptWorkFactor(passphraseCost);
  for (const recipient of recipients) encrypter.addRecipient(recipient);
  for (const passphrase of passphrases) encrypter.setPassphrase(passphrase);
  return encrypter.encrypt(input);
}

/** Resolves once the header has been read and one of the keys fits. */
export async function opened(input: Bytes, { identities, passphrases }: Keys): Promise<Bytes> {
  const decrypter = new Decrypter();
  decrypter.addIdentity({ unwrapFileKey: refuseCostly });
  for (const identity of identities) decrypter.addIdentity(identity);
  for (const passphrase of passphrases) decrypter.addPassphrase(passphrase);
  // The last of them: asked only where no other fits.
  decrypter.addIdentity({
    unwrapFileKey: () => {
      throw new NoKeyFits('No key fits.');
    },
  });
  const header = { ended: false };
  const output = await decrypter.decrypt(withHeaderBounded(input, header));
  header.ended = true;
  return output;
}

function withHeaderBounded(input: Bytes, header: { readonly ended: boolean }): Bytes {
  const reader = input.getReader();
  let given = 0;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        if (!header.ended && given > longestHeader) throw new Error('The header does not end.');
        const { done, value } = await reader.read();
        if (done) return controller.close();
        given += value.byteLength;
        controller.enqueue(value);
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}

/** A header says itself how much memory and time its passphrase takes. */
function refuseCostly(stanzas: readonly { readonly args: readonly string[] }[]): null {
  for (const { args } of stanzas)
    if (args[0] === 'scrypt' && Number(args[2]) > mostPassphraseCost)
      throw new Error('The work factor of its passphrase is too high.');
  return null;
}
