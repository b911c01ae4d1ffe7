import { toString as drawQr } from 'qrcode';
import { VigilError } from '../../errors.ts';
import { type SessionId, sessionId } from '../../session/id.ts';
import type { App, RouteContext } from '../app.ts';
import { answers, success } from '../envelope.ts';
import { qrSvg } from '../pages/qr-svg.ts';
import { PairingMaterial, QrQuery, SessionParams } from '../schemas.ts';

/** A QR or code is a credential: it is never cached, and never part of an address. */
export function qrRoute(app: App, { operations, clock }: RouteContext): void {
  app.get(
    '/api/sessions/:id/qr',
    { schema: { params: SessionParams, querystring: QrQuery, response: answers(PairingMaterial) } },
    async (request, reply) => {
      const id = sessionId(request.params.id);
      const material = await operations.pairing(id);
      if (material === null) throw nothingToScan(id, 'neither a QR nor a pairing code');
      const { format = 'json' } = request.query;
      if (format === 'json') return success(request, clock, material);
      if (material.qr === null) throw nothingToScan(id, 'a pairing code but no QR');
      const picture =
        format === 'svg' ? await qrSvg(material.qr) : await drawQr(material.qr, { type: 'utf8' });
      const type = format === 'svg' ? 'image/svg+xml' : 'text/plain';
      // Not JSON, so that the schema's serializer has no part in it.
      return reply
        .type(`${type}; charset=utf-8`)
        .serializer((text) => text as string)
        .send(picture as never);
    },
  );
}

function nothingToScan(id: SessionId, has: string): VigilError {
  return new VigilError('not_found', `Session "${id}" has ${has} at the moment.`, {
    subject: id,
    remedy: `Ask for one with POST /api/sessions/${id}/pair or \`vigil pair ${id}\`.`,
  });
}
