/** Bytes looked at: enough for the directory of small office files; the rest of the content decides nothing. */
export const headBytes = 64 * 1024;

/**
 * The media type of content by its first bytes. Among kinds of plain text that nothing can run, the extension of the
 * name may choose. What is not recognised is `application/octet-stream`.
 */
export async function findContentType(head: Buffer, name: string): Promise<string> {
  const { fileTypeFromBuffer } = await import('file-type');
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

/** What may stand before the first element of markup. */
const prologue = /^(?:\s|\ufeff|<\?xml[^>]*>|<!--[\s\S]*?-->|<!doctype\s+svg[^>]*>)*/i;
/** Elements at whose sight browsers take text for a page (WHATWG MIME Sniffing, 7.1). */
const page =
  /^<(?:!doctype\s+html|html|head|body|script|iframe|style|h1|div|font|table|a|title|b|br|p|meta|link|img)[\s>/]/i;

function textType(text: string, name: string): string {
  const start = text.replace(prologue, '');
  if (/^<(?:[\w.-]+:)?svg[\s>/]/i.test(start)) return 'image/svg+xml';
  const isXml = /^\s*<\?xml\s/.test(text);
  if (isXml ? /^<(?:[\w.-]+:)?html[\s>]/.test(start) : page.test(start)) return 'text/html';
  if (isXml) return 'application/xml';
  if (text.startsWith('#!')) return 'text/x-shellscript';
  if (/^BEGIN:VCALENDAR\s/.test(text)) return 'text/calendar';
  if (/^BEGIN:VCARD\s/.test(text)) return 'text/vcard';
  if (/^\s*[[{]/.test(text) && (isJson(text) || name.endsWith('.json'))) return 'application/json';
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
