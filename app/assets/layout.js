// Where the channels of a layered graph stand: the highest layer on top, every layer centred.

const SMALLEST = 26;
const LARGEST = 78;
const THINNEST = 0.7;
const WIDEST = 7;
const SWEEPS = 6;
const USUAL_HEIGHT = 100;
const TALLEST = 190;
const NARROWEST_GAP = 18;
const WIDEST_GAP = 56;

// Rows from the top layer down, ordered so that few edges cross: each channel near its neighbours' mean place.
export function orderRows(layers, nodes, edges) {
  const rows = [...layers].reverse().map((layer) => nodes.filter((node) => node.layer === layer));
  for (const row of rows) row.sort((a, b) => b.pagerank - a.pagerank || a.index - b.index);
  const rank = new Map();
  rows.forEach((row) => setRanks(row, rank));
  const neighbours = new Map(nodes.map((node) => [node.id, []]));
  for (const edge of edges) {
    neighbours.get(edge.from).push([edge.to, edge.count]);
    neighbours.get(edge.to).push([edge.from, edge.count]);
  }
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    const order = sweep % 2 ? [...rows].reverse() : rows;
    for (const row of order) sortByMeans(row, neighbours, rank);
  }
  return rows;
}

function sortByMeans(row, neighbours, rank) {
  const means = new Map(
    row.map((node) => [node.id, mean(neighbours.get(node.id), rank) ?? rank.get(node.id)]),
  );
  row.sort((a, b) => means.get(a.id) - means.get(b.id) || a.index - b.index);
  setRanks(row, rank);
}

function setRanks(row, rank) {
  row.forEach((node, at) => rank.set(node.id, (at + 0.5) / row.length));
}

function mean(pairs, rank) {
  const weight = pairs.reduce((sum, [, count]) => sum + count, 0);
  return weight ? pairs.reduce((sum, [id, count]) => sum + count * rank.get(id), 0) / weight : null;
}

// The places of the channels that are shown, side by side with the same gap; rows without any keep their height.
export function placeRows(rows, { shown, width, height }) {
  const places = new Map();
  rows.forEach((row, level) => {
    const here = row.filter(shown);
    const xs = sideBySide(here, width);
    here.forEach((node, at) => places.set(node.id, { x: xs[at] - xs.at(-1) / 2, y: level * height }));
  });
  return places;
}

function sideBySide(row, gap) {
  let x = 0;
  return row.map((node, at) => {
    if (at) x += (row[at - 1].size + node.size) / 2 + gap;
    return x;
  });
}

// The gap between channels and the distance of layers with which a graph has the shape of its room.
export function chooseDistances(rows, room) {
  const wanted = (room.width / room.height) * rows.length * USUAL_HEIGHT;
  const gaps = rows.filter((row) => row.length > 1).map((row) => (wanted - taken(row)) / (row.length - 1));
  const width = Math.round(within(Math.min(WIDEST_GAP, ...gaps), NARROWEST_GAP, WIDEST_GAP));
  const widest = Math.max(...rows.map((row) => taken(row) + row.length * width));
  const height = Math.round(within((widest * room.height) / room.width / rows.length, USUAL_HEIGHT, TALLEST));
  return { width, height };
}

function taken(row) {
  return row.reduce((sum, node) => sum + node.size, 0);
}

function within(value, least, most) {
  return Math.min(most, Math.max(least, value));
}

export function nodeSize(count, most) {
  return SMALLEST + ((LARGEST - SMALLEST) * count) / Math.max(1, most);
}

export function edgeWidth(count, most) {
  return THINNEST + ((WIDEST - THINNEST) * count) / Math.max(1, most);
}

// From the lower channel's upper rim to the upper channel's lower rim; a straight one is bowed by a hair, so
// that it has an extent to be pointed at.
export function edgePath(lower, upper, lowerSize, upperSize) {
  const y1 = lower.y - lowerSize / 2;
  const y2 = upper.y + upperSize / 2;
  const bend = (y1 - y2) / 2;
  const bow = Math.abs(lower.x - upper.x) < 2 ? 2 : 0;
  return `M${lower.x},${y1}C${lower.x + bow},${y1 - bend} ${upper.x + bow},${y2 + bend} ${upper.x},${y2}`;
}

// The outline of a channel: its form tells, besides its colour, whose it is.
export function outline(form, size) {
  const r = size / 2;
  if (form === "circle") return `M${-r},0A${r},${r} 0 1 1 ${r},0A${r},${r} 0 1 1 ${-r},0Z`;
  if (form === "hexagon") return polygon(6, r * 1.08, 0);
  if (form === "octagon") return polygon(8, r * 1.06, Math.PI / 8);
  if (form === "diamond") return polygon(4, r * 1.2, 0);
  const c = size * 0.16;
  return (
    `M${-r + c},${-r}H${r - c}Q${r},${-r} ${r},${-r + c}V${r - c}Q${r},${r} ${r - c},${r}` +
    `H${-r + c}Q${-r},${r} ${-r},${r - c}V${-r + c}Q${-r},${-r} ${-r + c},${-r}Z`
  );
}

function polygon(corners, radius, turn) {
  const points = Array.from({ length: corners }, (_, at) => {
    const angle = turn + (2 * Math.PI * at) / corners;
    return `${(radius * Math.cos(angle)).toFixed(2)},${(radius * Math.sin(angle)).toFixed(2)}`;
  });
  return `M${points.join("L")}Z`;
}
