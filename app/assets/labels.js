// Where names stand beside their dots: clear of one another, of all dots and of the frame.

const LINE = 19;
const [ABOVE, BELOW] = [12, 4]; // of a name's base line
const GAP = 4; // between a dot and its name

// Places for names in order of precedence; null where there is no room. A `sure` one may lie on others.
//   dots: all that stand in the picture, {x, y}; names: {x, y, width, sure} of the dots that have one;
//   covered: boxes of the picture that other things lie on, {left, top, right, bottom}.
export function placesOf(names, dots, { width, height, radius, covered = [] }) {
  const crowd = new Crowd(dots, radius);
  const seen = (at) =>
    at.left > 0 &&
    at.left + at.width < width &&
    at.top > ABOVE &&
    at.top < height - BELOW &&
    !covered.some((box) => under(at, box));
  const taken = [];
  return names.map((name) => {
    const inside = around(name, radius + GAP).filter(seen);
    const free = inside.find((at) => !crowd.under(at) && !taken.some((other) => overlap(at, other)));
    const at = free ?? (name.sure ? inside[0] : null) ?? null;
    if (at) taken.push(at);
    return at;
  });
}

// Right of a dot, left of it, above and below; anchor: which end of the name stays where it is.
function around({ x, y, width }, away) {
  return [
    { left: x + away, top: y + BELOW, width, anchor: "start" },
    { left: x - away - width, top: y + BELOW, width, anchor: "end" },
    { left: x - width / 2, top: y - away - BELOW, width, anchor: "middle" },
    { left: x - width / 2, top: y + away + ABOVE, width, anchor: "middle" },
  ];
}

function under(at, box) {
  return (
    at.left < box.right &&
    at.left + at.width > box.left &&
    at.top - ABOVE < box.bottom &&
    at.top + BELOW > box.top
  );
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
  return (
    Math.abs(one.top - other.top) < LINE &&
    one.left < other.left + other.width + 2 * GAP &&
    other.left < one.left + one.width + 2 * GAP
  );
}
