// Numbers and names as text.

/** @param {number} value */
export function number(value) {
  return value.toLocaleString("en");
}

/**
 * A whole number of percent, below one with a decimal; halves are rounded up, as by Python's `percent`.
 * @param {number} share
 */
export function percent(share) {
  const value = 100 * share;
  const digits = value && Math.abs(value) < 1 ? 10 : 1;
  return `${Math.round(digits * value) / digits} %`;
}

/**
 * A place: 1st, 2nd, 3rd, 4th, 11th, 21st.
 * @param {number} place
 */
export function ordinal(place) {
  const isTeen = Math.floor(place / 10) % 10 === 1;
  const ending = isTeen ? "th" : ({ 1: "st", 2: "nd", 3: "rd" }[place % 10] ?? "th");
  return `${place}${ending}`;
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

/**
 * @param {string} text
 * @param {number} most characters
 */
export function clipped(text, most) {
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}

/**
 * A module's path with shorter words if it is longer than `most` characters; its numbers are kept. If it is
 * still too long, its middle is cut.
 * @param {string} name
 * @param {number} most
 */
export function shortened(name, most) {
  let short = name;
  for (const letters of [8, 6, 5, 4, 3]) {
    if (short.length <= most) return short;
    const cut = (/** @type {string} */ word) =>
      word.length > letters ? `${word.slice(0, letters - 1)}…` : word;
    short = short.replace(/\p{L}+…?/gu, cut);
  }
  if (short.length <= most) return short;
  const last = Math.ceil((most - 1) / 2);
  return `${name.slice(0, most - 1 - last)}…${name.slice(-last)}`;
}

/**
 * The start of a text that is longer than `most` characters.
 * @param {string} text
 * @param {number} most
 */
export function cut(text, most) {
  return text.length > most ? `${text.slice(0, most - 1).trimEnd()}…` : text;
}
