// Numbers as text.

/** @param {number} value */
export function number(value) {
  return value.toLocaleString("en");
}

/** @param {number} share from 0 to 1 */
export function percent(share) {
  const value = 100 * share;
  return `${value.toFixed(value < 9.95 ? 1 : 0)}%`;
}

/**
 * Two digits, with a power of ten where the value is small.
 * @param {number} value
 */
export function significant(value) {
  if (!value) return "0";
  if (value >= 1e-3) return value.toPrecision(2);
  const [digits, exponent] = value.toExponential(1).split("e-");
  return `${digits} × 10⁻${superscript(exponent)}`;
}

/** @param {string} digits */
function superscript(digits) {
  return [...digits].map((digit) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[Number(digit)]).join("");
}

/**
 * @param {number} count
 * @param {string} one
 * @param {string} many
 */
export function counted(count, one, many) {
  return `${number(count)} ${count === 1 ? one : many}`;
}
