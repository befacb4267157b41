// The addresses under which app/explorer/files.py serves pictures. They are relative to the page: a proxy may
// serve the explorer below a path. A page without a server has the pictures inside.

/** @type {import("../data.js").StandaloneData["pictures"]} */
let inlined = {};

/** @param {import("../data.js").StandaloneData["pictures"]} pictures are used instead of addresses */
export function inlinePictures(pictures) {
  inlined = pictures;
}

/**
 * @param {string} network
 * @param {string} channel "mixed4c/447"
 * @param {string} [kind] "channel", or one of its diversity images
 */
export function pictureAddress(network, channel, kind = "channel") {
  const address = `summit/pictures/${encodeURIComponent(network)}/${kind}/${escaped(channel)}`;
  return inlined[channel]?.kinds[kind] ?? address;
}

/**
 * @param {string} network
 * @param {string} channel
 * @param {number} rank of the dataset example, from 0
 */
export function exampleAddress(network, channel, rank) {
  const address = `summit/examples/${encodeURIComponent(network)}/${escaped(channel)}/${rank}`;
  return inlined[channel]?.examples[rank] ?? address;
}

/** @param {string} channel the name of its layer may have any characters */
function escaped(channel) {
  return channel.split("/").map(encodeURIComponent).join("/");
}
