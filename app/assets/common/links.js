// Links to a channel's page.

import { html } from "./elements.js";

/**
 * @param {string} prefix the address of a channel's page up to the channel's name
 * @param {string} channel
 * @param {(channel: string) => void} open is called by a plain click, instead of reloading the page
 * @param {...import("./elements.js").Child} children
 */
export function channelLink(prefix, channel, open, ...children) {
  const href = prefix + encodeURIComponent(channel);
  const made = html("a", { href, "data-channel-link": channel }, ...children);
  made.addEventListener("click", (event) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    open(channel);
  });
  return made;
}
