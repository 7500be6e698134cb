import { fileTypeFromBuffer } from 'file-type';

/** Bytes looked at: enough for the directory of small office files; the rest of the content decides nothing. */
export const headBytes = 64 * 1024;

/**
 * The media type of content by its first bytes. Among kinds of plain text that nothing can run, the extension of the
 * name may choose. What is not recognised is `application/octet-stream`.
 */
export async function findContentType(head: Buffer, name: string): Promise<string> {
  const found = await fileTypeFromBuffer(head).catch(() => undefined);
  if (found && !/xml/.test(found.mime)) return found.mime;
  const text = readText(head);
  if (text === undefined) return found?.mime ?? 'application/octet-stream';
  return textType(text, name.toLowerCase());
}

/** The text, or undefined when the bytes are none: not UTF-8, or with control characters. */
function readText(head: Buffer): string | undefined {
  try {
    // As a stream: a character cut off at the end is no error.
    const text = new TextDecoder('utf-8', { fatal: true }).decode(head, { stream: true });
    return /[^\P{Cc}\t\n\r\f]/u.test(text) ? undefined : text;
  } catch {
    return undefined;
  }
}

function textType(text: string, name: string): string {
  const start = text.trimStart();
  if (start.startsWith('#!')) return 'text/x-shellscript';
  // Browsers look for these in the first bytes (WHATWG MIME Sniffing, 7.1); anywhere is safer than there.
  if (/<svg[\s>/:]/i.test(start)) return 'image/svg+xml';
  if (/<(!doctype\s+html|html|head|body|script|iframe|style)[\s>/]/i.test(start)) return 'text/html';
  if (start.startsWith('<?xml')) return 'application/xml';
  if (/^BEGIN:VCALENDAR\s/.test(start)) return 'text/calendar';
  if (/^BEGIN:VCARD\s/.test(start)) return 'text/vcard';
  if (/^[[{]/.test(start) && (isJson(text) || name.endsWith('.json'))) return 'application/json';
  if (/\.[ct]sv$/.test(name)) return 'text/csv';
  return 'text/plain';
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Whether `type` is on the list; `image/*` covers all below. */
export const isAllowed = (type: string, allowed: readonly string[]): boolean =>
  allowed.includes(type) || allowed.includes(`${type.split('/')[0]}/*`);
