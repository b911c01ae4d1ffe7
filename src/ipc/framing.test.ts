import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FrameTooLargeError, ProtocolError } from './errors.ts';
import { encodeFrame, type Frame, FrameDecoder, maxFrameBytes } from './framing.ts';
import { decodeMessage } from './messages.ts';

const bytes = (...values: number[]) => Uint8Array.from(values);

const frames = fc.array(
  fc.record({ kind: fc.integer({ min: 0, max: 255 }), payload: fc.uint8Array({ maxLength: 300 }) }),
  { maxLength: 12 },
);

const plain = ({ kind, payload }: Frame) => ({ kind, payload: [...payload] });

/** Cuts `stream` at `cuts`, each a fraction of its length; empty pieces included. */
function split(stream: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const places = cuts.map((cut) => Math.floor(cut * stream.byteLength)).sort((a, b) => a - b);
  return [0, ...places].map((from, index) => stream.subarray(from, places[index] ?? stream.byteLength));
}

describe('a frame', () => {
  it('is its length, its kind and its payload', () => {
    expect([...encodeFrame(7, [bytes(1, 2), bytes(3)])]).toEqual([0, 0, 0, 3, 7, 1, 2, 3]);
  });

  it('is refused above the bound, before anything is sent', () => {
    expect(() => encodeFrame(1, [bytes(1, 2, 3)], 2)).toThrow(FrameTooLargeError);
    expect(maxFrameBytes).toBe(4 * 1024 * 1024);
  });
});

describe('the decoder', () => {
  it('finds the same frames however the stream is cut', () => {
    const cuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 40 });
    fc.assert(
      fc.property(frames, cuts, (sent, at) => {
        const stream = Buffer.concat(sent.map(({ kind, payload }) => encodeFrame(kind, [payload])));
        const decoder = new FrameDecoder();
        const found = split(stream, at).flatMap((piece) => [...decoder.push(piece)]);
        expect(found.map(plain)).toEqual(sent.map(plain));
      }),
    );
  });

  it('finds frames in a stream that comes byte by byte', () => {
    const decoder = new FrameDecoder();
    const stream = Buffer.concat([encodeFrame(1, []), encodeFrame(2, [bytes(9, 8)])]);
    const found = [...stream].flatMap((byte) => [...decoder.push(bytes(byte))]);
    expect(found.map(plain)).toEqual([
      { kind: 1, payload: [] },
      { kind: 2, payload: [9, 8] },
    ]);
  });

  it('throws nothing but a ProtocolError on random bytes, messages included', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 64 }), { maxLength: 20 }), (pieces) => {
        const decoder = new FrameDecoder(40);
        expectOnlyProtocolErrors(() => {
          for (const piece of pieces) for (const frame of decoder.push(piece)) decodeMessage(frame);
        });
      }),
      { numRuns: 2000 },
    );
  });

  it('throws nothing but a ProtocolError on well-framed nonsense', () => {
    const nonsense = fc.oneof(
      fc.uint8Array(),
      fc.json().map((json) => Buffer.from(json)),
      fc
        .record({ id: fc.jsonValue(), method: fc.jsonValue(), name: fc.jsonValue(), error: fc.jsonValue() })
        .map((body) => Buffer.from(JSON.stringify(body))),
    );
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 16 }), nonsense, (kind, payload) => {
        expectOnlyProtocolErrors(() => decodeMessage({ kind, payload }));
      }),
      { numRuns: 2000 },
    );
  });

  it('refuses a frame above the bound by its header alone, and everything after it', () => {
    const decoder = new FrameDecoder(1000);
    expect(() => [...decoder.push(bytes(0, 0, 3, 233, 1))]).toThrow(/1001 bytes; at most 1000/);
    expect(() => [...decoder.push(encodeFrame(1, []))]).toThrow(ProtocolError);
  });

  it('yields the frames before the one it refuses', () => {
    const decoder = new FrameDecoder(10);
    const found: Frame[] = [];
    expect(() => {
      const stream = Buffer.concat([encodeFrame(3, [bytes(1)]), bytes(255, 255, 255, 255, 1)]);
      for (const frame of decoder.push(stream)) found.push(frame);
    }).toThrow(ProtocolError);
    expect(found.map(plain)).toEqual([{ kind: 3, payload: [1] }]);
  });
});

function expectOnlyProtocolErrors(attempt: () => void): void {
  try {
    attempt();
  } catch (error) {
    expect(error).toBeInstanceOf(ProtocolError);
  }
}
