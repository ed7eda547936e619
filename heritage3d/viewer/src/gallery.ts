/** The first view: every object of the collection as a card, and a search over all that is known of them. */

import { h, icon } from "./dom";
import { line, said } from "./iiif";
import { routeOf } from "./routes";
import type { Card, Facet, Index, Value } from "./search";
import { t } from "./texts";

const BATCH = 60; // cards made at a time, more as the reader scrolls
const PAUSE_MS = 120; // between two letters of one who writes

/** What the reader asks for; kept while an object is looked at. */
export interface Asked {
  query: string;
  values: Map<string, Value>; // by the name of the facet
}

export class GalleryPage {
  readonly element = h("main", { id: "content", class: "gallery", tabindex: "-1" });
  private readonly count = h("p", { class: "count", "aria-live": "polite" });
  private readonly cards = h("ul", { class: "cards" });
  private readonly more = h("div", { class: "more" });
  private readonly observer: IntersectionObserver;
  private fitting: number[] | null = null;
  private made = 0;
  private turn = 0;
  private filling = false;
  private pause = 0;

  constructor(
    private readonly known: Index,
    private readonly asked: Asked,
  ) {
    const { texts, lang } = said(known.label);
    const summary = said(known.summary);
    const field = h("input", { type: "search", id: "search", placeholder: t.searchHint, autocomplete: "off", value: asked.query });
    field.addEventListener("input", () => {
      this.asked.query = field.value;
      clearTimeout(this.pause);
      this.pause = window.setTimeout(() => void this.filter(), known.size > BATCH ? PAUSE_MS : 0);
    });
    this.element.append(
      h(
        "header",
        { class: "opening" },
        h("h1", { tabindex: "-1", ...(lang && { lang }) }, texts.join(" · ")),
        ...summary.texts.map((text) => h("p", { class: "summary", ...(summary.lang && { lang: summary.lang }) }, text)),
        known.size ? h("p", {}, h("a", { class: "to-room", href: "vr.html" }, t.enterRoom)) : "",
      ),
      h(
        "section",
        { class: "finding", role: "search" },
        h("label", { class: "field", for: "search" }, icon("search"), h("span", { class: "unseen" }, t.search), field),
        ...known.facets.map((facet) => (facet.name === "kind" ? this.buttons(facet) : this.chooser(facet))),
        this.count,
      ),
      this.cards,
      this.more,
    );
    this.observer = new IntersectionObserver((seen) => seen.some((entry) => entry.isIntersecting) && void this.batch(), { rootMargin: "800px" });
    this.observer.observe(this.more);
    void this.filter();
  }

  /** The kinds, which are few and tell most: a button each. */
  private buttons(facet: Facet): HTMLElement {
    const group = h("div", { class: "kinds", role: "group", "aria-label": line(facet.label) || t.every });
    for (const value of [undefined, ...facet.values]) {
      const on = this.asked.values.get(facet.name) === value;
      const button = h("button", { type: "button", "aria-pressed": String(on) }, value ? nameOf(value) : t.every);
      button.addEventListener("click", () => {
        for (const other of group.children) other.setAttribute("aria-pressed", String(other === button));
        this.choose(facet, value);
      });
      group.append(button);
    }
    return group;
  }

  private chooser(facet: Facet): HTMLElement {
    const label = facet.name === "form" ? t.form : line(facet.label);
    const select = h(
      "select",
      { "aria-label": label, class: "facet" },
      h("option", { value: -1 }, `${label}: ${t.every}`),
      ...facet.values.map((value, at) =>
        h("option", { value: at, selected: this.asked.values.get(facet.name) === value }, `${nameOf(value)} (${value.count})`),
      ),
    );
    select.addEventListener("change", () => this.choose(facet, facet.values[Number(select.value)]));
    return select;
  }

  private choose(facet: Facet, value: Value | undefined): void {
    if (value) this.asked.values.set(facet.name, value);
    else this.asked.values.delete(facet.name);
    void this.filter();
  }

  private async filter(): Promise<void> {
    const turn = ++this.turn;
    const { numbers, sure } = await this.known.find(this.asked.query, [...this.asked.values.values()]);
    if (turn !== this.turn) return;
    const all = this.known.size;
    const n = numbers?.length ?? all;
    const wanted = n === all ? null : numbers;
    this.filling = false;
    // What stands there already is left: the reader may be looking at it.
    if (!this.made || String(wanted) !== String(this.fitting)) {
      this.fitting = wanted;
      this.made = 0;
      await this.batch();
      if (turn !== this.turn) return;
    }
    this.count.textContent = !all ? t.empty : !n ? t.nothing : n === all ? t.objects(all) : sure ? t.found(n, all) : t.foundAbout(n, all);
  }

  private async batch(): Promise<void> {
    if (this.filling) return;
    const [turn, from] = [this.turn, this.made];
    const end = Math.min(this.fitting?.length ?? this.known.size, from + BATCH);
    const numbers = this.fitting?.slice(from, end) ?? Array.from({ length: end - from }, (_, at) => from + at);
    this.filling = true;
    const cards = (await this.known.cards(numbers)).map((card, at) => made(card, from + at));
    if (turn !== this.turn) return;
    this.filling = false;
    this.made = end;
    if (from) this.cards.append(...cards);
    else this.cards.replaceChildren(...cards);
    // An observer reports changes only: a batch that leaves the end in sight has to be asked about again.
    this.observer.unobserve(this.more);
    if (end < (this.fitting?.length ?? this.known.size)) this.observer.observe(this.more);
  }

  destroy(): void {
    this.turn += 1;
    clearTimeout(this.pause);
    this.observer.disconnect();
    this.element.remove();
  }
}

function nameOf({ value }: Value): string {
  if (typeof value !== "string") return line(value);
  return value === "models" ? t.withModels : value === "images" ? t.withImages : value;
}

function made(card: Card, at: number): HTMLElement {
  const { texts, lang } = said(card.label);
  const parts = [line(card.kind), card.pages ? t.pages(card.pages) : "", card.models ? t.models(card.models) : ""];
  const { address, width, height } = card.thumbnail ?? {};
  const picture = address
    ? h("img", { src: address, alt: "", width, height, loading: at < 8 ? "eager" : "lazy", decoding: "async" })
    : h("span", { class: "blank", "aria-hidden": "true" });
  return h(
    "li",
    {},
    h(
      "a",
      { href: routeOf(card.id) },
      h("span", { class: address && card.models ? "mat solid" : "mat" }, picture), // a model is what the picture shows then
      h("span", { class: "title", ...(lang && { lang }) }, texts.join(" · ") || card.id),
      h("span", { class: "facts" }, ...parts.filter(Boolean).flatMap((part, at, all) => [h("span", {}, at + 1 < all.length ? `${part} ·` : part), " "])),
    ),
  );
}
