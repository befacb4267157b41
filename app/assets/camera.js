// Zoom and pan of an SVG by pointer and wheel.

const NEAREST = 8;
const FARTHEST = 0.08;

export class Camera {
  // canvas: the <svg>; scene: the <g> that moves; moved: hears every change; padding: kept free by fit().
  constructor(canvas, scene, { moved = () => {}, padding = 24 } = {}) {
    Object.assign(this, {
      canvas,
      scene,
      moved,
      padding,
      x: 0,
      y: 0,
      scale: 1,
      dragged: false,
      touched: false,
    });
    canvas.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    canvas.addEventListener("pointerdown", (event) => this.grab(event));
  }

  // byHand: somebody moved it, so it should not move by itself any more.
  move(x, y, scale, byHand = true) {
    Object.assign(this, { x, y, scale, touched: byHand });
    this.scene.setAttribute(
      "transform",
      `translate(${x.toFixed(2)},${y.toFixed(2)}) scale(${scale.toFixed(4)})`,
    );
    this.moved(this);
  }

  // Show a box of the scene whole, as large as fits, with so much room at the sides.
  fit(box, { left = 0, top = 0, bottom = 0, largest = 1.6 } = {}) {
    const { width, height } = this.canvas.getBoundingClientRect();
    if (!width || !height) return;
    const room = { width: width - left - 2 * this.padding, height: height - top - bottom - 2 * this.padding };
    const scale = Math.min(
      largest,
      room.width / Math.max(1, box.width),
      room.height / Math.max(1, box.height),
    );
    const x = left + this.padding + (room.width - box.width * scale) / 2 - box.x * scale;
    this.move(x, top + this.padding + (room.height - box.height * scale) / 2 - box.y * scale, scale, false);
  }

  zoom(factor, at = null) {
    const box = this.canvas.getBoundingClientRect();
    const { x, y } = at ?? { x: box.width / 2, y: box.height / 2 };
    const scale = Math.min(NEAREST, Math.max(FARTHEST, this.scale * factor));
    const ratio = scale / this.scale;
    this.move(x - (x - this.x) * ratio, y - (y - this.y) * ratio, scale);
  }

  wheel(event) {
    event.preventDefault();
    const box = this.canvas.getBoundingClientRect();
    this.zoom(Math.exp(-event.deltaY * 0.0015), { x: event.clientX - box.left, y: event.clientY - box.top });
  }

  grab(start) {
    if (start.button !== 0) return;
    const from = { x: this.x, y: this.y, scale: this.scale };
    this.dragged = false;
    const drag = (event) => {
      const [dx, dy] = [event.clientX - start.clientX, event.clientY - start.clientY];
      if (!this.dragged && Math.hypot(dx, dy) < 4) return;
      this.dragged = true;
      this.move(from.x + dx, from.y + dy, from.scale);
    };
    const release = () => {
      window.removeEventListener("pointermove", drag);
      window.removeEventListener("pointerup", release);
      window.removeEventListener("pointercancel", release);
    };
    window.addEventListener("pointermove", drag);
    window.addEventListener("pointerup", release);
    window.addEventListener("pointercancel", release);
  }
}
