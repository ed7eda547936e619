/** The first view: every object of the collection as a card, and a search over all that is known of them. */

import { h, icon } from "./dom";
import { line, said, type Collection, type Item, words, type Words } from "./iiif";
import { routeOf } from "./object";
import { json, root } from "./site";
import { t } from "./texts";

const BATCH = 60; // cards made at a time, more as the reader scrolls

export interface Found {
  kind: Words;
  pages: number;
  models: number;
  text: string;
}
export type Index = Map<string, Found>;

/** What search.json says beside the collection; empty where there is none. */
export async function index(): Promise<Index> {
  const found: Index = new Map();
  try {
    const document = (await json(new URL("search.json", root).href)) as { objects?: unknown[] };
    for (const value of Array.isArray(document.objects) ? document.objects : []) {
      const entry = (value ?? {}) as Record<string, unknown>;
      found.set(String(entry.id), {
        kind: words(entry.kind),
        pages: Number(entry.pages) || 0,
        models: Number(entry.models) || 0,
        text: folded(String(entry.text ?? "")),
      });
    }
  } catch {
    // The gallery works without: search then knows titles and numbers only.
  }
  return found;
}

/** One form for wide and narrow letters, cases and accents. */
function folded(text: string): string {
  return text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
}

export class GalleryPage {
  readonly element = h("main", { id: "content", class: "gallery", tabindex: "-1" });
  private readonly count = h("p", { class: "count", "aria-live": "polite" });
  private readonly cards = h("ul", { class: "cards" });
  private readonly more = h("div", { class: "more" });
  private readonly kinds = h("div", { class: "kinds", role: "group" });
  private readonly haystacks = new Map<string, string>();
  private readonly observer: IntersectionObserver;
  private fitting: Item[] = [];
  private made = 0;
  private kind = "";

  constructor(
    private readonly collection: Collection,
    private readonly known: Index,
    private readonly asked: { query: string },
  ) {
    const { texts, lang } = said(collection.label);
    const summary = said(collection.summary);
    const field = h("input", { type: "search", id: "search", placeholder: t.searchHint, autocomplete: "off", value: asked.query });
    field.addEventListener("input", () => {
      this.asked.query = field.value;
      this.filter();
    });
    this.element.append(
      h(
        "header",
        { class: "opening" },
        h("h1", { tabindex: "-1", ...(lang && { lang }) }, texts.join(" · ")),
        ...summary.texts.map((text) => h("p", { class: "summary", ...(summary.lang && { lang: summary.lang }) }, text)),
      ),
      h(
        "section",
        { class: "finding", role: "search" },
        h("label", { class: "field", for: "search" }, icon("search"), h("span", { class: "unseen" }, t.search), field),
        this.kinds,
        this.count,
      ),
      this.cards,
      this.more,
    );
    this.observer = new IntersectionObserver((seen) => seen.some((entry) => entry.isIntersecting) && this.batch(), { rootMargin: "800px" });
    this.observer.observe(this.more);
    this.facets();
    this.filter();
  }

  private facets(): void {
    const all = new Map<string, number>();
    for (const item of this.collection.items) {
      const kind = this.kindOf(item);
      if (kind) all.set(kind, (all.get(kind) ?? 0) + 1);
    }
    if (all.size < 2 || all.size > 24) return;
    for (const kind of ["", ...all.keys()]) {
      const button = h("button", { type: "button", "aria-pressed": String(kind === this.kind) }, kind || t.every);
      button.addEventListener("click", () => {
        this.kind = kind;
        for (const other of this.kinds.children) other.setAttribute("aria-pressed", String(other === button));
        this.filter();
      });
      this.kinds.append(button);
    }
  }

  private kindOf(item: Item): string {
    return line(this.known.get(item.id)?.kind ?? {});
  }

  private haystack(item: Item): string {
    let text = this.haystacks.get(item.id);
    if (text === undefined) {
      const titles = Object.values(item.label).flat().join("\n");
      text = `${folded(`${item.id}\n${titles}`)}\n${this.known.get(item.id)?.text ?? ""}`;
      this.haystacks.set(item.id, text);
    }
    return text;
  }

  private filter(): void {
    const terms = folded(this.asked.query).split(/\s+/).filter(Boolean);
    const { items } = this.collection;
    this.fitting = items.filter((item) => {
      if (this.kind && this.kindOf(item) !== this.kind) return false;
      return !terms.length || terms.every((term) => this.haystack(item).includes(term));
    });
    const [n, all] = [this.fitting.length, items.length];
    this.count.textContent = !all ? t.empty : !n ? t.nothing : n === all ? t.objects(all) : t.found(n, all);
    this.made = 0;
    this.cards.replaceChildren();
    this.batch();
  }

  private batch(): void {
    const next = this.fitting.slice(this.made, this.made + BATCH);
    this.cards.append(...next.map((item, at) => this.card(item, this.made + at)));
    this.made += next.length;
    // An observer reports changes only: a batch that leaves the end in sight has to be asked about again.
    this.observer.unobserve(this.more);
    if (this.made < this.fitting.length) this.observer.observe(this.more);
  }

  private card(item: Item, at: number): HTMLElement {
    const { texts, lang } = said(item.label);
    const known = this.known.get(item.id);
    const parts = [this.kindOf(item), known?.pages ? t.pages(known.pages) : "", known?.models ? t.models(known.models) : ""];
    const { address, width, height } = item.thumbnail ?? {};
    const picture = address
      ? h("img", { src: address, alt: "", width, height, loading: at < 8 ? "eager" : "lazy", decoding: "async" })
      : h("span", { class: "blank", "aria-hidden": "true" });
    return h(
      "li",
      {},
      h(
        "a",
        { href: routeOf(item.id) },
        h("span", { class: "mat" }, picture),
        h("span", { class: "title", ...(lang && { lang }) }, texts.join(" · ") || item.id),
        h("span", { class: "facts" }, ...parts.filter(Boolean).flatMap((part, at, all) => [h("span", {}, at + 1 < all.length ? `${part} ·` : part), " "])),
      ),
    );
  }

  destroy(): void {
    this.observer.disconnect();
    this.element.remove();
  }
}
