import fc from 'fast-check';
import { expect, it } from 'vitest';
import { masked, varint } from '../../test/doubles/leveldb-store.ts';
import { ByteReader, MalformedBytes } from './byte-reader.ts';
import { maskedCrc32c } from './crc32c.ts';

it('numbers of any size come back as they were written', () => {
  fc.assert(
    fc.property(fc.maxSafeNat(), (value) => {
      const reader = new ByteReader(varint(value));
      expect(reader.varint()).toBe(value);
      expect(reader.left).toBe(0);
    }),
  );
});

it.each([
  ['a number that breaks off', Buffer.of(0x80), (reader: ByteReader) => reader.varint()],
  ['a number without an end', Buffer.alloc(20, 0xff), (reader: ByteReader) => reader.varint()],
  [
    'a number beyond what is exact',
    Buffer.concat([Buffer.alloc(8, 0xff), Buffer.of(1)]),
    (reader: ByteReader) => reader.varint(),
  ],
  ['a length beyond the end', Buffer.of(5, 1, 2), (reader: ByteReader) => reader.slice()],
  ['a number of four bytes in three', Buffer.alloc(3), (reader: ByteReader) => reader.uint32()],
  ['nothing at all', Buffer.alloc(0), (reader: ByteReader) => reader.byte()],
])('%s is malformed', (_what, bytes, read) => {
  expect(() => read(new ByteReader(bytes))).toThrow(MalformedBytes);
});

it('a checksum is CRC-32C, rotated and shifted', () => {
  // Of 32 zeros, by RFC 3720: 0x8a9136aa.
  expect(maskedCrc32c(Buffer.alloc(32))).toBe(
    (((0x8a9136aa >>> 15) | (0x8a9136aa << 17)) + 0xa282ead8) >>> 0,
  );
  const bytes = Buffer.from('123456789');
  expect(maskedCrc32c(bytes)).toBe(masked(bytes));
});
