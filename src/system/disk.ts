/**
 * Steps that change a disk, each with a label (`write-record`, `quarantine:rename`), so that a test can make
 * any one of them fail (test/doubles/faulty-disk.ts). Looking needs no port: tests use real directories.
 *
 * Contract:
 * - Every failure is a VigilError that names the path and what was tried: `disk_full`, `volume_permission`,
 *   `volume_missing`, else `internal`; the operating system's error is its cause.
 * - A step that failed leaves what was there before. Nothing follows a symbolic link as its last component.
 */
export interface Disk {
  /** Creates a file with these contents and flushes it to the device. Refuses an existing one. */
  createFile(path: string, data: string | Uint8Array, label: string): Promise<void>;
  /**
   * The same of what a stream gives, in as little memory as its chunks take; resolves with the bytes. Without
   * `flush` it reaches the device when `syncFile` says so. An error of the stream is thrown as it came, and leaves
   * no file. Steps: `<label>`, `<label>:end` when all is written.
   */
  createFileFrom(
    path: string,
    chunks: AsyncIterable<Uint8Array>,
    label: string,
    options?: { readonly flush?: boolean },
  ): Promise<number>;
  /** Flushes a file to the device. */
  syncFile(path: string, label: string): Promise<void>;
  /**
   * Replaces a file as a whole: a temporary file in the same directory, flushed, renamed, the directory
   * flushed. After a crash at any instruction the old or the new contents are there, never a mixture.
   * Steps: `<label>:create`, `<label>:rename`, `<label>:sync`.
   */
  writeFileAtomic(path: string, data: string | Uint8Array, label: string): Promise<void>;
  rename(from: string, to: string, label: string): Promise<void>;
  /**
   * Gives a file a second name. The two share what they hold, so it must be a file that is never written again.
   * Refuses a name that is taken.
   */
  link(from: string, to: string, label: string): Promise<void>;
  /**
   * Copies a regular file, by reference where the file system can. Refuses a name that is taken; leaves nothing of a
   * copy that failed, and does not flush one that was made.
   */
  copyFile(from: string, to: string, label: string): Promise<void>;
  /** Creates a directory, mode 0700, with its parents where `recursive`. False when it was there already. */
  mkdir(path: string, label: string, options?: { readonly recursive?: boolean }): Promise<boolean>;
  /** Removes a file or a link, never a directory. False when there was none. */
  remove(path: string, label: string): Promise<boolean>;
  /** Removes an empty directory. False when there was none. */
  removeDirectory(path: string, label: string): Promise<boolean>;
  /** Makes renames and new names in a directory durable. */
  syncDirectory(path: string, label: string): Promise<void>;
  /** Bytes that the file system has, free or not. */
  totalBytes(path: string): Promise<number>;
  /** Bytes that this user may still write. */
  freeBytes(path: string): Promise<number>;
}
