// A channel shows its other pictures as the pointer moves across it.

/** @typedef {import("./scene.js").Scene} Scene */

/**
 * Shows the picture at the pointer's position, from left to right; returns its index in `faces`.
 * @param {Scene} scene
 * @param {string} id
 * @param {PointerEvent} event
 */
export function showFaceAt(scene, id, event) {
  const box = scene.channels.get(id)?.mark.getBoundingClientRect();
  if (!box) return 0;
  const { faces } = scene.graph.channel(id);
  const share = Math.min(0.999, Math.max(0, (event.clientX - box.left) / box.width));
  return showFace(scene, id, Math.floor(share * faces.length));
}

/**
 * @param {Scene} scene
 * @param {string} id
 * @param {number} at index in the channel's `faces`
 */
export function showFace(scene, id, at) {
  const image = scene.channels.get(id)?.image;
  const href = scene.graph.channel(id).faces[at];
  if (image && href && image.getAttribute("href") !== href) image.setAttribute("href", href);
  return at;
}

/**
 * Shows the same picture in the panel.
 * @param {HTMLElement} panel that shows the channel
 * @param {string[]} faces
 * @param {number} at
 */
export function markFace(panel, faces, at) {
  panel.querySelector(".top .portrait")?.setAttribute("src", faces[at]);
  for (const [place, image] of [...panel.querySelectorAll(".faces img")].entries()) {
    image.classList.toggle("shown", place === at);
  }
}
