/** All pages under one another, to be read by scrolling: each a plain picture of the size that the column needs. */

import { h, tool } from "./dom";
import { asObject, line, type Manifest, type Note, type View } from "./iiif";
import { json } from "./site";
import { fullScreen, type Stage } from "./stage";
import { t } from "./texts";

const WIDEST = 1100; // CSS pixels of the column

export class ScrollStage implements Stage {
  readonly element = h("div", { class: "stage scrolling", "data-state": "loading" });
  private readonly column = h("div", { class: "column", tabindex: "0", role: "group", "aria-label": t.scrollPages });
  private readonly figures = new Map<string, HTMLElement>();
  private readonly near: IntersectionObserver;
  private readonly here: IntersectionObserver;
  private leading = ""; // the page that is scrolled to: those passed on the way are not announced
  private current = "";

  constructor(
    private readonly manifest: Manifest,
    holder: HTMLElement,
  ) {
    const views = manifest.views.filter((view) => view.kind === "image");
    this.near = new IntersectionObserver((seen) => seen.forEach((entry) => entry.isIntersecting && void this.load(entry.target as HTMLElement)), {
      root: this.column,
      rootMargin: "150%",
    });
    this.here = new IntersectionObserver((seen) => seen.some((entry) => entry.isIntersecting) && this.pass(), {
      root: this.column,
      rootMargin: "-49% 0px -50% 0px", // the line through the middle
    });
    for (const view of views) this.column.append(this.figure(view));
    this.column.addEventListener("scrollend", () => (this.leading = ""));
    const bar = h(
      "div",
      { class: "tools", role: "group", "aria-label": t.image },
      tool("page", t.single, () => this.element.dispatchEvent(new Event("scrolling", { bubbles: true })), { "aria-pressed": "false" }),
      fullScreen(this.element) ?? "",
    );
    this.element.append(this.column, bar);
    holder.replaceChildren(this.element);
    for (const figure of this.figures.values()) [this.near, this.here].forEach((observer) => observer.observe(figure));
  }

  private figure(view: View): HTMLElement {
    const picture = h("img", { alt: line(view.label) || t.image, width: view.width || null, height: view.height || null, decoding: "async" });
    const open = h("button", { type: "button", title: t.zoomIn }, picture);
    open.addEventListener("click", () => {
      this.announce(view.slug);
      this.element.dispatchEvent(new Event("scrolling", { bubbles: true }));
    });
    const figure = h("figure", { "data-slug": view.slug }, open, h("figcaption", {}, line(view.label)));
    this.figures.set(view.slug, figure);
    return figure;
  }

  /** The smallest picture of the whole page that fills the column; a static service has those of its list. */
  private async load(figure: HTMLElement): Promise<void> {
    this.near.unobserve(figure);
    const view = this.manifest.views.find((entry) => entry.slug === figure.dataset.slug);
    const picture = figure.querySelector("img");
    if (!view || !picture) return;
    picture.onerror = () => figure.classList.add("failed");
    picture.onload = () => (this.element.dataset.state = "ready");
    const wanted = Math.min(this.column.clientWidth, WIDEST) * Math.min(devicePixelRatio, 2);
    picture.src = (view.info && (await sized(view.info, wanted).catch(() => ""))) || view.picture || view.thumbnail?.address || "";
  }

  /** The page in the middle is announced: where two share the middle, the order of the observer's news decides nothing. */
  private pass(): void {
    const { top, height } = this.column.getBoundingClientRect();
    const below = [...this.figures.values()].find((figure) => figure.getBoundingClientRect().bottom > top + height / 2);
    const slug = below?.dataset.slug;
    if (!slug) return;
    if (slug === this.leading) this.leading = "";
    if (!this.leading) this.announce(slug);
  }

  private announce(slug: string): void {
    if (slug === this.current) return;
    this.current = slug;
    this.element.dispatchEvent(new CustomEvent("page", { bubbles: true, detail: slug }));
  }

  async show(view: View): Promise<void> {
    if (view.slug === this.current) return;
    this.leading = this.current = view.slug;
    this.figures.get(view.slug)?.scrollIntoView({ block: "start" });
  }

  /** A note is shown by the deep zoom. */
  point(note: Note | null): void {
    if (note) this.element.dispatchEvent(new Event("scrolling", { bubbles: true }));
  }

  destroy(): void {
    this.near.disconnect();
    this.here.disconnect();
    this.element.remove();
  }
}

async function sized(info: string, wanted: number): Promise<string> {
  const { sizes, preferredFormats } = asObject(await json(`${info}/info.json`));
  const all = (Array.isArray(sizes) ? sizes.map(asObject) : []).flatMap(({ width, height }) => (typeof width === "number" && typeof height === "number" ? [[width, height] as const] : []));
  const best = all.sort((a, b) => a[0] - b[0]).find(([width]) => width >= wanted) ?? all.at(-1);
  const form = Array.isArray(preferredFormats) && /^(jpg|webp|png)$/.test(String(preferredFormats[0])) ? String(preferredFormats[0]) : "jpg";
  return best ? `${info}/full/${best[0]},${best[1]}/0/default.${form}` : "";
}
