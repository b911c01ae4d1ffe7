import { VigilError } from '../errors.ts';

const separators = /[\s().\-/]/g;

/**
 * The digits of a phone number as people write it (`+49 (151) 234-567`), as WhatsApp's pairing codes want it:
 * with the country code, without `+`. The number is personal, so that an error never quotes it.
 */
export function phoneDigits(text: string): string {
  const digits = text
    .trim()
    .replace(/^(\+|00)/, '')
    .replace(separators, '');
  if (/^[1-9][0-9]{6,14}$/.test(digits)) return digits;
  throw new VigilError('usage', 'The phone number is not 7 to 15 digits that begin with a country code.', {
    remedy: 'Give it in the international form, such as +49 151 2345678.',
  });
}
