/** `ABCDEFGH` as WhatsApp shows it: `ABCD-EFGH`. */
export function groupedCode(code: string): string {
  return code.length === 8 ? `${code.slice(0, 4)}-${code.slice(4)}` : code;
}
