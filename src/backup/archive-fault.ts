/** What is wrong with an archive, as the rest of a sentence about it. */
export class ArchiveFault extends Error {}
