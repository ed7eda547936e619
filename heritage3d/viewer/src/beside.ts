/** Two pages or models beside each other, of one object or of two; on request they move together. */

import { h, icon } from "./dom";
import { line, manifest, said, type Manifest, type View } from "./iiif";
import type { ModelStage } from "./model";
import type { PagesStage } from "./pages";
import { besideRoute, routeOf, type Side } from "./routes";
import { addressOf, type Card, type Index } from "./search";
import { t } from "./texts";

const OFFERED = 40; // objects that a search in a pane lists

class Pane {
  readonly element: HTMLElement;
  stage: PagesStage | ModelStage | null = null;
  view: View | null = null;
  private document: Manifest | null = null;
  private readonly holder = h("div", { class: "holder" });
  private readonly title = h("h2");
  private readonly chooser = h("select", { "aria-label": t.goTo });
  private readonly offers: HTMLDataListElement;
  private cards: Card[] = [];
  private turn = 0;

  constructor(
    readonly side: Side,
    name: string,
    private readonly known: Index,
    private readonly changed: () => void,
  ) {
    this.offers = h("datalist", { id: `offers-${name}` });
    const other = h("input", { type: "search", list: this.offers.id, placeholder: t.otherObject, "aria-label": t.otherObject, autocomplete: "off" });
    other.addEventListener("focus", () => void this.offer(other.value));
    other.addEventListener("input", () => void this.offer(other.value));
    other.addEventListener("change", () => {
      const card = this.cards.find(({ id }) => id === other.value);
      if (!card) return;
      other.value = "";
      [side.object, side.slug] = [card.id, ""];
      void this.open();
    });
    this.chooser.addEventListener("change", () => {
      side.slug = this.chooser.value;
      void this.show();
    });
    this.element = h("section", { class: "pane", "aria-label": name }, h("div", { class: "head" }, this.title, this.chooser, other, this.offers), this.holder);
  }

  private async offer(query: string): Promise<void> {
    const { numbers } = await this.known.find(query, []);
    this.cards = await this.known.cards((numbers ?? Array.from({ length: this.known.size }, (_, at) => at)).slice(0, OFFERED));
    this.offers.replaceChildren(...this.cards.map((card) => h("option", { value: card.id }, line(card.label))));
  }

  async open(): Promise<void> {
    const turn = ++this.turn;
    const found = await manifest({ id: this.side.object, manifest: addressOf(this.side.object) }).catch(() => null);
    if (turn !== this.turn) return;
    this.stage?.destroy();
    this.stage = this.view = null;
    this.document = found;
    this.chooser.replaceChildren();
    if (!found?.views.length) {
      this.title.textContent = this.side.object;
      this.holder.replaceChildren(h("p", { class: "message", role: "alert" }, t.noObject));
      return;
    }
    const { texts, lang } = said(found.label);
    this.title.replaceChildren(h("a", { href: routeOf(found.id), ...(lang && { lang }) }, texts.join(" · ") || found.id));
    this.chooser.append(...found.views.map((view) => h("option", { value: view.slug }, line(view.label) || (view.kind === "model" ? t.model : t.image))));
    this.chooser.hidden = found.views.length < 2;
    await this.show();
  }

  private async show(): Promise<void> {
    const turn = ++this.turn;
    const views = this.document?.views ?? [];
    const view = views.find(({ slug }) => slug === this.side.slug) ?? views[0];
    if (!view || !this.document) return;
    const make = view.kind === "model" ? (await import("./model")).ModelStage : (await import("./pages")).PagesStage;
    if (turn !== this.turn) return;
    if (!this.stage || view.kind !== this.view?.kind || view.kind === "model") {
      this.stage?.destroy();
      // A scroll is looked at picture by picture here: beside another there is no room to unroll it.
      const one = { ...this.document, continuous: false };
      this.stage = view.kind === "model" ? new (make as typeof ModelStage)(this.holder) : new (make as typeof PagesStage)(one, this.holder);
    }
    this.view = view;
    this.side.slug = this.chooser.value = view.slug;
    this.changed();
    await this.stage.show(view);
  }

  destroy(): void {
    this.turn += 1;
    this.stage?.destroy();
  }
}

export class BesidePage {
  readonly element = h("main", { id: "content", class: "beside", tabindex: "-1" });
  readonly title = t.beside;
  private readonly panes: Pane[];
  private readonly link = h("button", { type: "button", class: "tool together", "aria-pressed": "false", "aria-label": t.together, title: t.together }, icon("link"));
  private leading: Pane | null = null;

  constructor(sides: Side[], known: Index) {
    this.panes = sides.map((side, at) => new Pane(side, at ? t.rightPane : t.leftPane, known, () => this.changed(sides)));
    this.link.addEventListener("click", () => {
      this.link.setAttribute("aria-pressed", String(this.link.getAttribute("aria-pressed") !== "true"));
      this.follow(this.panes[0]!);
    });
    const back = h("a", { href: routeOf(sides[0]!.object, sides[0]!.slug) }, t.backToObject);
    this.element.append(h("div", { class: "crumb" }, back, h("h1", { tabindex: "-1" }, t.beside), this.link), h("div", { class: "panes" }, ...this.panes.map((pane) => pane.element)));
    for (const pane of this.panes) void pane.open();
  }

  /** The address says what is seen, so that it can be sent to a colleague. */
  private changed(sides: Side[]): void {
    history.replaceState(null, "", besideRoute(sides));
    for (const pane of this.panes) if (pane.stage) pane.stage.onlook = () => this.follow(pane);
    this.link.hidden = !this.panes.every((pane) => pane.view && pane.view.kind === this.panes[0]!.view?.kind);
  }

  private follow(pane: Pane): void {
    if (this.leading || this.link.hidden || this.link.getAttribute("aria-pressed") !== "true") return;
    const other = this.panes.find((one) => one !== pane);
    if (!other?.stage || !pane.stage || other.view?.kind !== pane.view?.kind) return;
    this.leading = pane; // the other's own moves are answers, not questions
    (other.stage as { look: unknown }).look = pane.stage.look;
    requestAnimationFrame(() => requestAnimationFrame(() => (this.leading = null)));
  }

  destroy(): void {
    for (const pane of this.panes) pane.destroy();
    this.element.remove();
  }
}
