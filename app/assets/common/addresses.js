// The addresses under which app/explorer/files.py serves pictures. They are relative to the page: a proxy may
// serve the explorer below a path.

/**
 * @param {string} network
 * @param {string} channel "mixed4c/447"
 * @param {string} [kind] "channel", or one of its diversity images
 */
export function pictureAddress(network, channel, kind = "channel") {
  return `summit/pictures/${encodeURIComponent(network)}/${kind}/${escaped(channel)}`;
}

/**
 * @param {string} network
 * @param {string} channel
 * @param {number} rank of the dataset example, from 0
 */
export function exampleAddress(network, channel, rank) {
  return `summit/examples/${encodeURIComponent(network)}/${escaped(channel)}/${rank}`;
}

/** @param {string} channel the name of its layer may have any characters */
function escaped(channel) {
  return channel.split("/").map(encodeURIComponent).join("/");
}
