import { toString as draw } from 'qrcode';

/** Black on white with the quiet zone that the standard asks for, whatever the page's colours: cameras want it so. */
export function qrSvg(qr: string): Promise<string> {
  return draw(qr, { type: 'svg', errorCorrectionLevel: 'L', margin: 4 });
}
