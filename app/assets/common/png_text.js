// Texts in a PNG: iTXt chunks (PNG specification, 11.3.3.4) before the picture's first data.

const SIGNATURE_AND_HEADER = 33; // bytes up to the end of IHDR, which is always the first chunk

/**
 * A PNG with these texts by keyword.
 * @param {Uint8Array} png
 * @param {Record<string, string>} texts keywords have Latin letters, at most 79
 * @returns {Uint8Array<ArrayBuffer>}
 */
export function withTexts(png, texts) {
  const chunks = Object.entries(texts).map(([keyword, text]) => textChunk(keyword, text));
  const parts = [png.slice(0, SIGNATURE_AND_HEADER), ...chunks, png.slice(SIGNATURE_AND_HEADER)];
  return joined(parts);
}

/**
 * Length, type, data, check sum. The data: keyword, no compression, no language, text in UTF-8.
 * @param {string} keyword
 * @param {string} text
 */
function textChunk(keyword, text) {
  const bytes = new TextEncoder().encode(`${keyword}\0\0\0\0\0${text}`);
  const typed = joined([new TextEncoder().encode("iTXt"), bytes]);
  return joined([number(bytes.length), typed, number(checkSum(typed))]);
}

/** @param {number} value as four bytes, the highest first */
function number(value) {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}

/**
 * CRC-32 as PNG has it.
 * @param {Uint8Array} bytes
 */
export function checkSum(bytes) {
  let sum = 0xffffffff;
  for (const byte of bytes) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit++) sum = sum & 1 ? (sum >>> 1) ^ 0xedb88320 : sum >>> 1;
  }
  return (sum ^ 0xffffffff) >>> 0;
}

/** @param {Uint8Array[]} parts */
function joined(parts) {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
