/** The page of one object: its stage, its strip of pages, its description and evidence. */

import { h, tool } from "./dom";
import { line, manifest, notesInScenes, said, type Item, type Manifest, type Note, type View } from "./iiif";
import { notesOf } from "./notes";
import { contentsOf, markIn } from "./contents";
import { about, evidence, links, takeAway } from "./panel";
import { photographs } from "./photographs";
import { quality } from "./quality";
import { besideRoute, routeOf } from "./routes";
import type { Stage } from "./stage";
import { root } from "./site";
import { number, t } from "./texts";

export class ObjectPage {
  readonly element = h("main", { id: "content", class: "object", tabindex: "-1" });
  title = "";
  private readonly holder = h("div", { class: "holder" });
  private readonly place = h("div", { class: "place" });
  private readonly measured = h("div");
  private readonly said = h("div");
  private readonly judged = h("div");
  private readonly fromPhotographs = h("div");
  private readonly spoken = h("p", { class: "unseen", "aria-live": "polite" });
  private document: Manifest | null = null;
  private stage: Stage | null = null;
  private stageOf: View | null = null;
  private strip: HTMLElement | null = null;
  private contents: HTMLElement | null = null;
  private comparing: HTMLAnchorElement | null = null;
  private scrolling = false; // pages under one another instead of one at a time
  private gone = false;
  private readonly keys = (event: KeyboardEvent) => this.key(event);

  constructor(private readonly item: Pick<Item, "id" | "manifest">) {
    this.element.append(h("p", { class: "waiting", role: "status" }, t.loading)); // seen only where it takes long
    this.holder.addEventListener("level", () => this.markLevel());
    this.holder.addEventListener("scrolling", () => void this.mode());
    this.holder.addEventListener("page", (event) => this.passed((event as CustomEvent<string>).detail));
  }

  get id(): string {
    return this.item.id;
  }

  /** Read the manifest and build the page. Throws where the manifest cannot be read. */
  async build(slug: string): Promise<void> {
    const document = await manifest(this.item);
    if (this.gone) return;
    this.document = document;
    const { texts, lang } = said(document.label);
    this.title = texts.join(" · ") || this.item.id;
    const right = document.direction === "right-to-left";
    this.place.setAttribute("dir", right ? "rtl" : "ltr");
    this.element.replaceChildren(
      h(
        "section",
        { class: "looking", "aria-label": t.contents },
        this.holder,
        document.views.length > 1 && this.place,
        document.views.length > 1 && (this.strip = this.thumbnails(document)),
        this.spoken,
      ),
      h(
        "div",
        { class: "reading" },
        h("p", { class: "crumb" }, h("a", { href: "#/" }, t.back), (this.comparing = h("a", { class: "compare", href: "#/" }, t.beside))),
        h("h1", { tabindex: "-1", ...(lang && { lang }) }, this.title),
        about(document),
        takeAway(document),
        (this.contents = contentsOf(document)),
        this.said,
        this.measured,
        this.fromPhotographs,
        this.judged,
        links(document),
      ),
    );
    window.addEventListener("keydown", this.keys);
    void quality(document).then((section) => section && this.judged.replaceChildren(section));
    void photographs(document).then((section) => section && this.fromPhotographs.replaceChildren(section));
    void this.show(slug); // the description can be read while a model is still on its way
  }

  /** Turn to a page or model of this object. */
  async show(slug: string): Promise<void> {
    const views = this.document?.views ?? [];
    const view = views.find((entry) => entry.slug === slug) ?? views.find((entry) => entry.slug === this.document?.start) ?? views[0];
    if (!view) return;
    this.mark(view);
    if (!this.stage || view.kind === "model" || this.stageOf?.kind === "model") {
      this.stage?.destroy();
      this.stage = null;
      this.stageOf = view;
      this.foretaste(view);
      // Each library is loaded when the first thing of its kind is looked at.
      const make = await (
        view.kind === "model"
          ? import("./model").then(({ ModelStage }) => () => new ModelStage(this.holder))
          : this.scrolling
            ? import("./scrolling").then(({ ScrollStage }) => () => new ScrollStage(this.document!, this.holder))
            : import("./pages").then(({ PagesStage }) => () => new PagesStage(this.document!, this.holder))
      ).catch(() => null);
      if (this.gone || this.stageOf !== view) return;
      if (!make) {
        this.holder.replaceChildren(h("p", { class: "message", role: "alert" }, view.kind === "model" ? t.noModel : t.noPage));
        return;
      }
      this.stage = make();
    }
    this.stageOf = view;
    this.measured.replaceChildren();
    this.tellNotes(view);
    const shown = this.stage.show(view);
    if (view.kind === "model") {
      const figures = await evidence(view);
      if (!this.gone && this.stageOf === view && figures) this.measured.replaceChildren(figures);
      this.markLevel();
    }
    await shown;
  }

  /** The small picture of a page or model, at the place where the sharp one will come. */
  private foretaste(view: View): void {
    const { address } = view.thumbnail ?? {};
    if (address) this.holder.replaceChildren(h("div", { class: `stage ${view.kind === "model" ? "model" : "pages"}`, "data-state": "loading" }, h("img", { class: "poster", alt: "", src: address })));
  }

  /** From single pages to pages under one another, and back, at the same page. */
  private async mode(): Promise<void> {
    this.scrolling = !this.scrolling;
    this.stage?.destroy();
    this.stage = null;
    await this.show(this.holder.dataset.slug ?? "");
    this.holder.querySelector<HTMLElement>(".tools button")?.focus({ preventScroll: true });
  }

  /** The reader has scrolled to another page: the address and the strip follow, the stage stays. */
  private passed(slug: string): void {
    const view = this.document?.views.find((entry) => entry.slug === slug);
    if (!view || slug === this.holder.dataset.slug) return;
    history.replaceState(null, "", routeOf(this.item.id, slug));
    this.stageOf = view;
    this.mark(view);
    this.tellNotes(view);
  }

  private tellNotes(view: View): void {
    const list = notesOf(view, (note: Note | null) => this.stage?.point(note));
    this.said.replaceChildren(...(list ? [list] : []));
    if (view.kind !== "model" || !view.notes.length) return;
    // A canvas is flat: where on the model a note belongs stands in the scene of Presentation 4.
    notesInScenes(this.document!)
      .then((found) => {
        const placed = found.get(new URL(".", view.files[0]?.address ?? root).href);
        if (this.gone || this.stageOf !== view || !placed?.length) return;
        const again = notesOf({ ...view, notes: placed }, (note) => this.stage?.point(note));
        if (again) this.said.replaceChildren(again);
      })
      .catch(() => undefined); // the texts stand there already
  }

  private mark(view: View): void {
    const { views } = this.document!;
    const at = views.indexOf(view);
    const label = nameOf(view);
    this.holder.dataset.slug = view.slug;
    const next = views[at + 1] ?? views[at - 1] ?? view;
    this.comparing?.setAttribute("href", besideRoute([view, next].map(({ slug }) => ({ object: this.item.id, slug }))));
    this.spoken.textContent = views.length > 1 ? `${label}, ${t.position(at + 1, views.length)}` : "";
    markIn(this.contents, view.slug);
    if (views.length < 2) return;
    this.place.replaceChildren(this.turner(at - 1, "previous"), this.chooser(at), this.turner(at + 1, "next"));
    for (const link of this.strip!.querySelectorAll("a")) {
      const here = link.dataset.slug === view.slug;
      link.toggleAttribute("aria-current", false);
      if (!here) continue;
      link.setAttribute("aria-current", "page");
      const list = this.strip!;
      const from = link.getBoundingClientRect();
      const room = list.getBoundingClientRect();
      list.scrollBy({ left: from.left + from.width / 2 - room.left - room.width / 2 });
    }
  }

  /** The figures of the level that is looked at stand out in the table. */
  private markLevel(): void {
    const shown = this.holder.querySelector<HTMLElement>(".stage")?.dataset.file;
    for (const row of this.measured.querySelectorAll<HTMLElement>("tr[data-file]")) {
      if (row.dataset.file === shown) row.setAttribute("aria-current", "true");
      else row.removeAttribute("aria-current");
    }
  }

  private turner(to: number, which: "previous" | "next"): HTMLElement {
    const { views, direction } = this.document!;
    const left = (which === "previous") !== (direction === "right-to-left");
    const target = views[to];
    return tool(left ? "left" : "right", which === "previous" ? t.previous : t.next, () => this.go(to), { disabled: !target });
  }

  private chooser(at: number): HTMLElement {
    const { views } = this.document!;
    const select = h(
      "select",
      { "aria-label": t.goTo, dir: "auto" },
      ...views.map((view, index) => h("option", { value: index, selected: index === at }, nameOf(view))),
    );
    select.addEventListener("change", () => this.go(Number(select.value)));
    return h("div", { class: "chooser", dir: "ltr" }, select, h("span", { class: "count" }, `${number(at + 1)} / ${number(views.length)}`));
  }

  private thumbnails(document: Manifest): HTMLElement {
    return h(
      "ol",
      { class: "strip", dir: document.direction === "right-to-left" ? "rtl" : "ltr" },
      ...document.views.map((view) => {
        const { address } = view.thumbnail ?? {};
        const shape = view.width && view.height ? `${view.width} / ${view.height}` : "1 / 1";
        const picture = address
          ? h("img", { src: address, alt: "", loading: "lazy", decoding: "async" })
          : h("span", { class: "blank" });
        picture.style.aspectRatio = shape;
        return h(
          "li",
          {},
          h(
            "a",
            { href: routeOf(document.id, view.slug), "data-slug": view.slug },
            h("span", { class: "leaf" }, picture, view.kind === "model" && h("span", { class: "badge" }, "3D")),
            h("span", { class: "name" }, nameOf(view)),
          ),
        );
      }),
    );
  }

  private go(to: number): void {
    const view = this.document?.views[to];
    if (view) location.hash = routeOf(this.item.id, view.slug);
  }

  private key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const target = event.target as HTMLElement;
    if (/^(INPUT|SELECT|TEXTAREA)$/.test(target.tagName) || !this.document) return;
    const at = this.document.views.findIndex((view) => view.slug === this.holder.dataset.slug);
    // On the stage the arrows belong to the picture; in the strip and elsewhere they turn pages.
    const onStage = Boolean(target.closest(".canvas"));
    const onward = this.document.direction === "right-to-left" ? -1 : 1;
    const steps: Record<string, number> = { PageDown: 1, PageUp: -1, ...(!onStage && { ArrowRight: onward, ArrowLeft: -onward }) };
    const step = steps[event.key];
    const scrolls = target.closest(".reading") && /^Page/.test(event.key);
    if (step === undefined || scrolls || this.document.views.length < 2) return;
    event.preventDefault();
    this.go(at + step);
  }

  destroy(): void {
    this.gone = true;
    window.removeEventListener("keydown", this.keys);
    this.stage?.destroy();
    this.element.remove();
  }
}

function nameOf(view: View): string {
  return line(view.label) || (view.kind === "model" ? t.model : t.image);
}
