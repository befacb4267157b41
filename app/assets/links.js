// Links to a channel's page.

import { html } from "./elements.js";

// before: the address up to the channel's name. A plain click is answered within the page, by `open`.
export function channelLink(before, channel, open, ...children) {
  const made = html(
    "a",
    { href: before + encodeURIComponent(channel), "data-channel-link": channel },
    ...children,
  );
  made.addEventListener("click", (event) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    open(channel);
  });
  return made;
}
