// Channels as pictures: groups of them with captions, and motifs as rows. What is clicked goes to Python.

import { pictureButtons } from "./download.js";
import { fill, html, number, set, significant } from "./elements.js";
import { isBrowsers, Stop } from "./keyboard.js";
import { channelLink } from "./links.js";
import { viewIn } from "./mounting.js";
import { button } from "./toolbar.js";
import { trace } from "./tracing.js";

const MOTIFS = 60;

export default function mount({ data, parentElement, setTriggerValue }) {
  const view = viewIn(parentElement, "gallery", (root) => new Gallery(root));
  view.tell = setTriggerValue;
  view.show(data);
}

class Gallery {
  constructor(root) {
    this.root = root;
    this.content = html("div", { class: "content" });
    this.list = html("ul", { class: "motifs", role: "listbox", "aria-label": "Motifs" });
    this.stop = walkable(this.list);
    this.list.addEventListener("click", (event) => this.choose(event));
    this.list.addEventListener(
      "keydown",
      (event) => !isBrowsers(event) && (event.key === "Enter" || event.key === " ") && this.choose(event),
    );
  }

  show(data) {
    const fresh = data.key !== this.data?.key;
    this.data = data;
    if (fresh) this.draw();
    this.markChosen();
  }

  draw() {
    fill(this.root, this.data.file ? this.keeping() : null, this.content);
    if (this.data.motifs)
      this.showMotifs(Math.max(MOTIFS, this.data.motifs.findIndex((one) => one.id === this.data.chosen) + 1));
    else fill(this.content, ...this.data.groups.map((group) => this.section(group)));
  }

  keeping() {
    const picture = () => ({ ...trace(this.content), heading: this.data.heading, page: this.content });
    return html("div", { class: "keeping control" }, ...pictureButtons(picture, () => this.data.file));
  }

  section({ title, hint, items, side }) {
    return html(
      "section",
      {},
      title ? html("h3", {}, title) : null,
      hint ? html("p", { class: "quiet" }, hint) : null,
      html(
        "ul",
        { class: "items" },
        ...items.map((item) =>
          entry(item, item.side ?? side, (...words) => this.link(item.channel, ...words)),
        ),
      ),
    );
  }

  link(channel, ...children) {
    return channelLink(this.data.channels, channel, () => this.tell("open", channel), ...children);
  }

  // So many of them at first: hundreds with their pictures would be slow to come.
  showMotifs(most) {
    const rows = this.data.motifs;
    const left = rows.length - most;
    fill(this.list, ...rows.slice(0, most).map(motifRow));
    this.stop.to(this.list.firstElementChild);
    fill(this.content, this.list, left > 0 ? this.more(most, left) : null);
  }

  more(most, left) {
    const made = button(
      `Show ${number(Math.min(left, MOTIFS))} more of ${number(this.data.motifs.length)}`,
      "Show more motifs",
      () => {
        this.showMotifs(most + MOTIFS);
        this.markChosen();
        this.stop.walk(this.list.children[most]);
      },
    );
    made.classList.add("control", "more");
    return made;
  }

  choose(event) {
    const row = event.target.closest("[data-motif]");
    if (!row) return;
    event.preventDefault();
    this.tell("motif", row.getAttribute("data-motif"));
  }

  markChosen() {
    for (const row of this.data.motifs ? this.list.children : []) {
      const chosen = row.getAttribute("data-motif") === this.data.chosen;
      row.classList.toggle("chosen", chosen);
      set(row, { "aria-selected": String(chosen) });
      if (chosen) this.stop.to(row);
    }
  }
}

// link(…children) makes the link of a picture that leads somewhere.
function entry(item, side, link) {
  const face = html("img", {
    src: item.picture,
    alt: item.name ? "" : (item.alt ?? ""),
    width: side,
    height: side,
    loading: "lazy",
  });
  const words = [
    item.name ? html("span", { class: "name" }, item.name) : null,
    ...(item.captions ?? []).map((text) => html("span", { class: "caption" }, text)),
  ];
  const box = html("li", { class: "item" });
  box.style.maxWidth = `${Math.max(side, 92)}px`;
  if (!item.channel) box.append(...[face, ...words].filter(Boolean));
  else box.append(link(face, ...words));
  return box;
}

// Arrows go from row to row.
function walkable(list) {
  const stop = new Stop();
  list.addEventListener("keydown", (event) => {
    const row = event.target.closest("[data-motif]");
    const [back, on] = [row?.previousElementSibling, row?.nextElementSibling];
    const next = { ArrowUp: back, ArrowLeft: back, ArrowDown: on, ArrowRight: on }[event.key];
    if (!next || isBrowsers(event)) return;
    event.preventDefault();
    stop.walk(next);
  });
  return stop;
}

function motifRow(motif) {
  const faces = motif.channels.flatMap((one, at) => [
    at ? html("span", { class: "arrow", "aria-hidden": "true" }, motif.joins[at - 1]) : null,
    html(
      "figure",
      {},
      html("img", { src: one.picture, alt: "", loading: "lazy", width: 60, height: 60 }),
      html("figcaption", {}, one.name),
    ),
  ]);
  const beyond =
    motif.expected === null
      ? []
      : [
          html(
            "div",
            {
              title:
                "Expected support: how many classes would hold it if influences were rewired at random (null model)",
            },
            `${motif.expected.toFixed(1)} by chance`,
          ),
          html(
            "div",
            { title: "q: false discovery rate over all motifs of this shape and size" },
            `q ${significant(motif.q)}`,
          ),
        ];
  return html(
    "li",
    {
      class: "motif",
      "data-motif": motif.id,
      "data-support": motif.support,
      tabindex: "-1",
      role: "option",
      "aria-label": `${motif.shape} ${motif.channels.map((one) => one.name).join(", ")}: in ${motif.support} classes`,
    },
    html("div", { class: "chain" }, ...faces),
    html(
      "div",
      { class: "numbers" },
      html(
        "div",
        { title: "Support: how many classes' attribution graphs hold it" },
        html("strong", {}, number(motif.support)),
        ` ${motif.support === 1 ? "class" : "classes"}`,
      ),
      ...beyond,
    ),
  );
}
