import { crc32c } from '@node-rs/crc32';

/** As LevelDB stores a checksum: rotated and shifted, so that a checksum of bytes with checksums in them is none. */
export function maskedCrc32c(bytes: Uint8Array): number {
  const crc = crc32c(bytes);
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}
