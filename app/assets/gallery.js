// Groups of pictures with captions and links to the pages of their channels.

import { pictureButtons } from "./common/download.js";
import { fill, html } from "./common/elements.js";
import { channelLink } from "./common/links.js";
import { viewIn } from "./common/mounting.js";
import { trace } from "./common/tracing.js";

/** @typedef {import("./data.js").GalleryData} GalleryData */
/** @typedef {import("./data.js").GalleryGroup} GalleryGroup */
/** @typedef {import("./data.js").GalleryItem} GalleryItem */
/** @typedef {import("./common/mounting.js").Component<GalleryData>} Component */

const NARROWEST = 92; // pixels that captions need

/**
 * Called by Streamlit at every run of the page.
 * @param {Component} component
 */
export default function mount({ data, parentElement, setTriggerValue }) {
  const view = viewIn(parentElement, "gallery", (root) => new Gallery(root));
  view.send = setTriggerValue;
  view.show(data);
}

class Gallery {
  #key = "";
  /** @type {Component["setTriggerValue"]} */
  send = () => {};
  content = html("div", { class: "content" });

  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
  }

  /** @param {GalleryData} data */
  show(data) {
    if (data.key === this.#key) return;
    this.#key = data.key;
    fill(this.content, ...data.groups.map((group) => this.#section(group, data.channel_url_prefix)));
    fill(this.root, data.file === null ? null : this.#buttons(data, data.file), this.content);
  }

  /**
   * @param {GalleryData} data
   * @param {string} file
   */
  #buttons({ heading, provenance }, file) {
    const draw = () => ({ ...trace(this.content), heading, provenance, page: this.content });
    return html("div", { class: "saving" }, ...pictureButtons(draw, () => file));
  }

  /**
   * @param {GalleryGroup} group
   * @param {string} prefix of the channels' addresses
   */
  #section({ title, hint, side, items, more }, prefix) {
    return html(
      "section",
      {},
      title ? html("h3", {}, title) : null,
      hint ? html("p", { class: "quiet" }, hint) : null,
      html("ul", { class: "items" }, ...items.map((item) => this.#entry(item, side, prefix))),
      more ? html("p", { class: "quiet" }, more) : null,
    );
  }

  /**
   * @param {GalleryItem} item
   * @param {number} side
   * @param {string} prefix
   */
  #entry({ picture, alt, name, captions, channel }, side, prefix) {
    const image = html("img", { src: picture, alt, width: side, height: side, loading: "lazy" });
    const title = name === null ? null : html("span", { class: "name" }, name);
    const parts = [image, title, ...captions.map((text) => html("span", { class: "caption" }, text))];
    const open = (/** @type {string} */ opened) => this.send("open", opened);
    const linked = channel === null ? parts : [channelLink(prefix, channel, open, ...parts)];
    const entry = html("li", { class: "item" }, ...linked);
    entry.style.maxWidth = `${Math.max(side, NARROWEST)}px`;
    return entry;
  }
}
