// Safari reports a pinch on a trackpad as gesture events; other browsers report it as a wheel with Ctrl.

/** @typedef {MouseEvent & {scale: number}} GestureEvent `scale` is relative to the start of the gesture */

/**
 * Zooms with the gestures on a canvas. On a touch screen gestures are ignored, because touches zoom already.
 * @param {SVGSVGElement} canvas
 * @param {(factor: number, point: [number, number]) => void} zoomBy is called with a point of the canvas
 */
export function zoomWithGestures(canvas, zoomBy) {
  let before = 1;
  canvas.addEventListener("gesturestart", (event) => {
    event.preventDefault();
    before = 1;
  });
  canvas.addEventListener("gesturechange", (event) => {
    event.preventDefault();
    if (navigator.maxTouchPoints) return;
    const { scale, clientX, clientY } = /** @type {GestureEvent} */ (event);
    const { left, top } = canvas.getBoundingClientRect();
    zoomBy(scale / before, [clientX - left, clientY - top]);
    before = scale;
  });
}
