// Things that glide from one place to another.

export function calm() {
  return window.matchMedia("(prefers-reduced-motion: reduce)").matches;
}

// Draws every frame with the places between; the last one is told as settled. Gives a function that ends it.
export function glide(from, to, milliseconds, draw) {
  const start = performance.now();
  let frame = requestAnimationFrame(function step(now) {
    const share = Math.min(1, Math.max(0, (now - start) / milliseconds));
    const eased = share < 0.5 ? 2 * share * share : 1 - (2 - 2 * share) ** 2 / 2;
    draw(
      new Map([...to].map(([name, end]) => [name, between(from.get(name) ?? end, end, eased)])),
      share === 1,
    );
    if (share < 1) frame = requestAnimationFrame(step);
  });
  return () => cancelAnimationFrame(frame);
}

function between(from, to, share) {
  return { x: from.x + (to.x - from.x) * share, y: from.y + (to.y - from.y) * share };
}
