// Outlines of marks, as SVG paths around (0, 0).

/** @typedef {"square" | "circle" | "hexagon" | "octagon" | "diamond"} Form */

/**
 * @param {Form} form
 * @param {number} size
 */
export function outline(form, size) {
  const r = size / 2;
  if (form === "circle") return `M${-r},0A${r},${r} 0 1 1 ${r},0A${r},${r} 0 1 1 ${-r},0Z`;
  if (form === "hexagon") return polygon(6, r * 1.08, 0);
  if (form === "octagon") return polygon(8, r * 1.06, Math.PI / 8);
  if (form === "diamond") return polygon(4, r * 1.2, 0);
  return roundedSquare(r, size * 0.16);
}

/**
 * @param {number} r half the side
 * @param {number} c the corner's radius
 */
function roundedSquare(r, c) {
  const top = `M${-r + c},${-r}H${r - c}Q${r},${-r} ${r},${-r + c}V${r - c}Q${r},${r} ${r - c},${r}`;
  return `${top}H${-r + c}Q${-r},${r} ${-r},${r - c}V${-r + c}Q${-r},${-r} ${-r + c},${-r}Z`;
}

/**
 * @param {number} corners
 * @param {number} radius
 * @param {number} turn angle of the first corner
 */
function polygon(corners, radius, turn) {
  const points = Array.from({ length: corners }, (_, at) => {
    const angle = turn + (2 * Math.PI * at) / corners;
    return `${(radius * Math.cos(angle)).toFixed(2)},${(radius * Math.sin(angle)).toFixed(2)}`;
  });
  return `M${points.join("L")}Z`;
}
