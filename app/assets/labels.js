// Where names stand beside their dots: clear of one another, of all dots and of the frame.

const LETTER = 6.7;
const LINE = 19;
const [ABOVE, BELOW] = [12, 4]; // of a name's base line
const GAP = 4; // between a dot and its name

// Places for names in order of precedence; null where there is no room. A `sure` one stands in any case.
//   dots: all that stand in the picture, {x, y}; names: {x, y, text, sure} of the dots that have one.
export function placesOf(names, dots, { width, height, radius }) {
  const crowd = new Crowd(dots, radius);
  const away = radius + GAP;
  const taken = [];
  return names.map(({ x, y, text, sure }) => {
    const long = text.length * LETTER;
    const inside = [x + away, x - away - long].map((left) => ({ left, top: y + BELOW, width: long }))
      .filter((at) => at.left > 0 && at.left + long < width && at.top > ABOVE && at.top < height - BELOW);
    const free = inside.find((at) => !crowd.under(at) && !taken.some((other) => overlap(at, other)));
    const at = free ?? (sure ? inside[0] : null) ?? null;
    if (at) taken.push(at);
    return at;
  });
}

// Dots by line of text, so that a name looks at those few that are near.
class Crowd {
  constructor(dots, radius) {
    this.radius = radius;
    this.lines = new Map();
    for (const dot of dots) {
      const line = Math.floor(dot.y / LINE);
      this.lines.set(line, [...(this.lines.get(line) ?? []), dot]);
    }
  }

  under({ left, top, width }) {
    const reach = this.radius;
    const [from, to] = [top - ABOVE - reach, top + BELOW + reach];
    for (let line = Math.floor(from / LINE); line <= Math.floor(to / LINE); line += 1) {
      const hit = (dot) => dot.y > from && dot.y < to && dot.x > left - reach && dot.x < left + width + reach;
      if (this.lines.get(line)?.some(hit)) return true;
    }
    return false;
  }
}

function overlap(one, other) {
  return Math.abs(one.top - other.top) < LINE && one.left < other.left + other.width + 2 * GAP && other.left < one.left + one.width + 2 * GAP;
}
