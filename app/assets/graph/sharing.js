// The dialog with a link to what is shown and the code that embeds it in another page.

import { html } from "../common/elements.js";
import { button } from "../common/toolbar.js";

const SIZE = { width: 1100, height: 700 }; // of the embedded view, in pixels

/**
 * The code that embeds a page of the explorer, without its header and controls.
 * @param {string} address of the page
 * @param {string} title
 */
export function embedCode(address, title) {
  const url = new URL(address);
  url.searchParams.set("embed", "true"); // Streamlit's own parameter
  const [src, name] = [url.href, title].map(escaped);
  return `<iframe src="${src}" title="${name}" width="${SIZE.width}" height="${SIZE.height}"></iframe>`;
}

/**
 * The address of an embedded page in the explorer itself.
 * @param {string} address
 */
export function wholeAddress(address) {
  const url = new URL(address);
  url.searchParams.delete("embed");
  url.searchParams.delete("embed_options");
  return url.href;
}

/** A dialog that is made once and opened for the address at that time. */
export class ShareDialog {
  status = html("p", { class: "quiet", role: "status" });
  link = html("input", { type: "text", readonly: true, "aria-label": "Link" });
  code = html("textarea", { rows: 4, readonly: true, "aria-label": "Code to embed" });
  #title = "";
  element = html("dialog", { class: "share", "aria-label": "Share" });

  constructor() {
    this.element.append(
      html("h3", {}, "Share"),
      html("p", { class: "quiet" }, "The link has the class, the selected channel and your subgraph."),
      this.#row(this.link, "Copy link"),
      html("p", { class: "quiet" }, "To embed the graph in a page whose readers can open this explorer:"),
      this.#row(this.code, "Copy code"),
      this.status,
      button("Close", "Close", () => this.element.close()),
    );
    this.element.addEventListener("keydown", (event) => event.stopPropagation());
  }

  /**
   * @param {string} address
   * @param {string} title
   */
  show(address, title) {
    this.#title = title;
    this.#write(address);
    this.status.textContent = "";
    this.element.showModal();
  }

  /**
   * Takes a changed address while the dialog is open: the last edit may reach the address later.
   * @param {string} address
   */
  follow(address) {
    if (this.element.open && this.link.value !== address) this.#write(address);
  }

  /** @param {string} address */
  #write(address) {
    this.link.value = address;
    this.code.value = embedCode(address, this.#title);
  }

  /**
   * @param {HTMLInputElement | HTMLTextAreaElement} field
   * @param {string} text
   */
  #row(field, text) {
    return html(
      "div",
      { class: "row" },
      field,
      button(text, text, () => this.#copy(field)),
    );
  }

  /** @param {HTMLInputElement | HTMLTextAreaElement} field */
  async #copy(field) {
    field.select();
    try {
      await navigator.clipboard.writeText(field.value); // undefined on pages without https
      this.status.textContent = "Copied.";
    } catch {
      this.status.textContent = "Press Ctrl+C to copy the selected text.";
    }
  }
}

/** @param {string} text of an attribute's value */
function escaped(text) {
  return text.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;");
}
