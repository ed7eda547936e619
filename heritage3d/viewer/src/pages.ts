/** Deep zoom of pages with OpenSeadragon: one at a time, or a whole scroll side by side. */

import OpenSeadragon from "openseadragon";
import { h, tool } from "./dom";
import { line, type Manifest, type Note, type View } from "./iiif";
import { Measure } from "./measure";
import { ScaleBar } from "./scalebar";
import { json, Refused } from "./site";
import { fullScreen, type Stage } from "./stage";
import { length, number, t } from "./texts";

const MOST_UNROLLED = 80; // more pictures than this are only shown one at a time

/**
 * OpenSeadragon adds a style element unless it finds one that it added before. The content security policy
 * forbids inline styles, so it finds a mark of that name; the rule itself is in style.css.
 */
function withoutInlineStyle(): void {
  const name = "data-openseadragon-mobile-css";
  if (document.querySelector(`style[${name}]`)) return;
  const mark = document.createElementNS("urn:heritage3d", "style");
  mark.setAttribute(name, "");
  document.head.append(mark);
}

/** A page that is turned before all its tiles came is no fault: OpenSeadragon would warn of each late tile. */
function withoutLateTiles(): void {
  const warn = (...said: unknown[]) => {
    if (!String(said[0]).startsWith("Ignoring tile")) console.warn(...said);
  };
  Object.assign(OpenSeadragon, { console: Object.create(console, { warn: { value: warn } }) });
}

export class PagesStage implements Stage {
  readonly element = h("div", { class: "stage pages", "data-state": "loading" });
  private readonly viewer: OpenSeadragon.Viewer;
  private readonly scale = new ScaleBar();
  private readonly progress = h("progress", { max: 1, "aria-label": t.loading });
  private readonly message = h("p", { class: "message", role: "alert", hidden: true });
  private readonly marker = h("div", { class: "marker" });
  private readonly poster = h("img", { class: "poster", alt: "", hidden: true });
  private readonly ruler: Measure;
  private readonly views: View[];
  /** Told whenever the view moves: for a second page beside this one. */
  onlook: () => void = () => {};
  private unrolled: boolean;
  private shown: View | null = null;
  private placed = new Map<string, OpenSeadragon.TiledImage>();
  private turn = 0;

  /** The stage goes into its holder first: OpenSeadragon measures the place that it gets. */
  constructor(
    private readonly manifest: Manifest,
    holder: HTMLElement,
  ) {
    this.views = manifest.views.filter((view) => view.kind === "image");
    this.unrolled = manifest.continuous && this.views.length > 1 && this.views.length <= MOST_UNROLLED;
    const host = h("div", { class: "canvas" });
    this.ruler = new Measure(host, {
      pick: (x, y) => this.pick(x, y),
      seen: ([x = 0, y = 0]) => {
        const at = this.viewer.viewport.pixelFromPoint(new OpenSeadragon.Point(x, y), true);
        return [at.x, at.y];
      },
      distance: (from, to) => this.distance(from, to),
    });
    this.element.append(this.poster, host, this.ruler.element, this.progress, this.tools(), this.scale.element, this.message);
    holder.replaceChildren(this.element);
    withoutInlineStyle();
    withoutLateTiles();
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.viewer = OpenSeadragon({
      element: host,
      drawer: "canvas", // half of WebGL's time where graphics are drawn in software, as on many old PCs
      showNavigationControl: false,
      showNavigator: false,
      visibilityRatio: 0.6,
      minZoomImageRatio: 0.7,
      maxZoomPixelRatio: 4,
      animationTime: still ? 0 : 0.7,
      springStiffness: 8,
      imageLoaderLimit: 6,
      viewportMargins: { top: 16, right: 16, bottom: 72, left: 16 }, // the tools lie below the picture
      gestureSettingsTouch: { pinchRotate: false },
      gestureSettingsMouse: { clickToZoom: false, dblClickToZoom: true },
    });
    this.viewer.addHandler("update-viewport", () => {
      this.measure();
      this.ruler.draw();
      this.onlook();
    });
    this.viewer.addHandler("tile-drawn", () => (this.poster.hidden = true));
    this.viewer.addHandler("tile-load-failed", () => this.tell(t.partsMissing, "partial"));
  }

  private tools(): HTMLElement {
    const act = (change: (viewport: OpenSeadragon.Viewport) => void) => () => {
      change(this.viewer.viewport);
      this.viewer.viewport.applyConstraints();
    };
    const bar = h(
      "div",
      { class: "tools", role: "group", "aria-label": t.image },
      tool("plus", t.zoomIn, act((viewport) => viewport.zoomBy(1.6))),
      tool("minus", t.zoomOut, act((viewport) => viewport.zoomBy(1 / 1.6))),
      tool("whole", t.whole, () => this.home(false)),
      tool("turn", t.rotate, act((viewport) => viewport.rotateBy(90))),
    );
    if (this.manifest.continuous && this.views.length > 1 && this.views.length <= MOST_UNROLLED) bar.append(this.unroller());
    if (this.views.length > 1) bar.append(tool("pages", t.scrollPages, () => this.element.dispatchEvent(new Event("scrolling", { bubbles: true })), { class: "tool paging" }));
    const ruler = tool("ruler", t.measure, () => {
      this.ruler.turn(!this.ruler.on);
      ruler.setAttribute("aria-pressed", String(this.ruler.on));
    }, { "aria-pressed": "false" });
    bar.append(ruler, fullScreen(this.element) ?? "");
    return bar;
  }

  private unroller(): HTMLElement {
    const button = tool("scroll", this.unrolled ? t.single : t.scroll, () => {
      this.unrolled = !this.unrolled;
      this.placed.clear();
      button.setAttribute("aria-pressed", String(this.unrolled));
      if (this.shown) void this.show(this.shown);
    });
    button.setAttribute("aria-pressed", String(this.unrolled));
    return button;
  }

  async show(view: View): Promise<void> {
    const turn = ++this.turn;
    const again = this.shown !== null;
    this.shown = view;
    this.message.hidden = true;
    this.viewer.canvas.setAttribute("role", "application");
    this.viewer.canvas.setAttribute("aria-label", t.imageView(line(view.label)));
    const ready = this.unrolled ? this.placed.get(view.slug) : undefined;
    if (ready) {
      this.viewer.viewport.fitBounds(ready.getBounds(), !again);
      return;
    }
    this.element.dataset.state = "loading";
    this.progress.hidden = false;
    this.ruler.clear();
    this.scale.clear();
    const small = this.unrolled || again ? undefined : view.thumbnail?.address;
    this.poster.hidden = !small;
    if (small) this.poster.src = small;
    this.point(null);
    try {
      const wanted = this.unrolled ? this.views : [view];
      const sources = await Promise.all(wanted.map(source));
      if (turn !== this.turn) return; // the reader has turned on meanwhile
      await this.place(wanted, sources);
      if (turn !== this.turn) return;
      const target = this.placed.get(view.slug);
      if (this.unrolled && again && target) this.viewer.viewport.fitBounds(target.getBounds(), true);
      else this.home(true);
      target?.whenFullyLoaded(() => {
        if (turn !== this.turn) return;
        this.progress.hidden = true;
        if (this.message.hidden) this.element.dataset.state = "ready";
      });
    } catch (error) {
      if (turn !== this.turn) return;
      const reason = error instanceof Refused && error.status === 404 ? t.missingFile : t.unreadableFile;
      this.poster.hidden = true;
      this.viewer.world.removeAll(); // nothing of the page before stays behind the message
      this.tell(`${t.noPage} ${reason("info.json")}`, "failed");
    }
  }

  point(note: Note | null): void {
    this.viewer.removeOverlay(this.marker);
    const image = this.shown && this.placed.get(this.shown.slug);
    if (!note || !image || !this.shown) return;
    if (!note.box) {
      this.viewer.viewport.fitBounds(image.getBounds());
      return;
    }
    const scale = image.getContentSize().x / (this.shown.width || image.getContentSize().x);
    const [x, y, width, height] = note.box.map((value) => value * scale) as [number, number, number, number];
    const least = Math.max(image.getContentSize().x, image.getContentSize().y) / 60; // of a point
    const [w, high] = [Math.max(width, least), Math.max(height, least)];
    const place = image.imageToViewportRectangle(x - (w - width) / 2, y - (high - height) / 2, w, high);
    this.marker.classList.toggle("spot", !width || !height);
    this.viewer.addOverlay({ element: this.marker, location: place });
    const all = image.getBounds();
    const [more, higher] = width && height ? [place.width / 2, place.height / 2] : [place.width * 5, place.height * 5];
    const [left, top] = [Math.max(all.x, place.x - more), Math.max(all.y, place.y - higher)];
    const right = Math.min(all.x + all.width, place.x + place.width + more);
    const bottom = Math.min(all.y + all.height, place.y + place.height + higher);
    this.viewer.viewport.fitBounds(new OpenSeadragon.Rect(left, top, right - left, bottom - top));
  }

  /** The place under a pixel, in viewport coordinates: null beside the pages. */
  private pick(x: number, y: number): [number, number] | null {
    const at = this.viewer.viewport.pointFromPixel(new OpenSeadragon.Point(x, y), true);
    return this.under(at) ? [at.x, at.y] : null;
  }

  private under(at: OpenSeadragon.Point): [View, OpenSeadragon.TiledImage] | null {
    const found = [...this.placed].find(([, image]) => image.getBounds().containsPoint(at));
    const view = found && this.views.find((entry) => entry.slug === found[0]);
    return view ? [view, found[1]] : null;
  }

  private distance(from: readonly number[], to: readonly number[]): string {
    const [x0 = 0, y0 = 0, x1 = 0, y1 = 0] = [...from, ...to];
    const found = this.under(new OpenSeadragon.Point(x0, y0));
    if (!found) return t.scaleUnknown;
    const [view, image] = found;
    const pixels = (Math.hypot(x1 - x0, y1 - y0) / image.getBounds().width) * (view.width || image.getContentSize().x);
    return view.mmPerPixel ? length(pixels * view.mmPerPixel) : `${number(pixels)} px · ${t.scaleUnknown}`;
  }

  /** The middle of what is seen as shares of the page, and how many CSS pixels a millimetre (or a page's width) has. */
  get look(): { x: number; y: number; scale: number; turn: number; mm: boolean } | null {
    const image = this.shown && this.placed.get(this.shown.slug);
    if (!image || this.unrolled) return null;
    const { viewport } = this.viewer;
    const [box, middle] = [image.getBounds(true), viewport.getCenter(true)];
    const width = viewport.getZoom(true) * viewport.getContainerSize().x * box.width;
    const mm = (this.shown!.mmPerPixel ?? 0) * this.shown!.width;
    const [x, y] = [(middle.x - box.x) / box.width, (middle.y - box.y) / box.height];
    return { x, y, scale: mm ? width / mm : width, turn: viewport.getRotation(true), mm: mm > 0 };
  }

  /** Where both pages have a scale they are shown at the same one, else at the same width. */
  set look(look: PagesStage["look"]) {
    const image = this.shown && this.placed.get(this.shown.slug);
    if (!image || !look || this.unrolled) return;
    const { viewport } = this.viewer;
    const box = image.getBounds(true);
    const mm = (this.shown!.mmPerPixel ?? 0) * this.shown!.width;
    if (look.mm !== mm > 0) return;
    viewport.setRotation(look.turn, true);
    viewport.zoomTo((look.scale * (mm || 1)) / (viewport.getContainerSize().x * box.width), undefined, true);
    viewport.panTo(new OpenSeadragon.Point(box.x + look.x * box.width, box.y + look.y * box.height), true);
  }

  private tell(text: string, state: "failed" | "partial"): void {
    this.element.dataset.state = state;
    this.progress.hidden = true;
    this.message.textContent = text;
    this.message.hidden = false;
  }

  private async place(views: View[], sources: TileSource[]): Promise<void> {
    const world = this.viewer.world;
    world.removeAll();
    this.placed.clear();
    this.viewer.viewport.setRotation(0, true);
    const down = /bottom/.test(this.manifest.direction);
    const back = this.manifest.direction === "right-to-left" || this.manifest.direction === "bottom-to-top";
    let along = 0;
    for (const [at, view] of views.entries()) {
      const share = (view.height || 1) / (view.width || 1); // height of a picture of width 1
      const [width, height] = down ? [1, share] : [1 / share, 1];
      const side = down ? height : width;
      const edge = back ? -along - side : along;
      along += side;
      const box = views.length === 1 ? { width: 1 } : down ? { x: 0, y: edge, width: 1 } : { x: edge, y: 0, height: 1 };
      this.placed.set(view.slug, await this.add(sources[at]!, box));
    }
  }

  private add(tileSource: TileSource, box: { x?: number; y?: number; width?: number; height?: number }) {
    return new Promise<OpenSeadragon.TiledImage>((resolve, reject) => {
      this.viewer.addTiledImage({
        tileSource: tileSource as never,
        ...box,
        success: (event) => resolve((event as unknown as { item: OpenSeadragon.TiledImage }).item),
        error: () => reject(new Error("refused")),
      });
    });
  }

  /** The whole picture; on arrival at a long scroll its beginning, at full height. */
  private home(arriving: boolean): void {
    const { viewport, world } = this.viewer;
    const all = world.getHomeBounds();
    const shape = viewport.getAspectRatio();
    const { direction } = this.manifest;
    viewport.setRotation(0, arriving);
    let seen = all;
    if (arriving && all.width / all.height > 3 * shape) {
      const width = all.height * shape;
      const x = direction === "right-to-left" ? all.x + all.width - width : all.x;
      seen = new OpenSeadragon.Rect(x, all.y, width, all.height);
    } else if (arriving && direction === "top-to-bottom" && all.height / all.width > 3 / shape) {
      seen = new OpenSeadragon.Rect(all.x, all.y, all.width, all.width / shape);
    }
    viewport.fitBounds(seen, arriving);
  }

  private measure(): void {
    const image = this.viewer.world.getItemCount() ? this.viewer.world.getItemAt(0) : undefined;
    const view = this.unrolled ? this.views[0] : this.shown;
    if (!image || !view?.mmPerPixel) return;
    const pixels = image.viewportToImageZoom(this.viewer.viewport.getZoom(true));
    const canvasPixels = view.width / image.getContentSize().x;
    this.scale.show((view.mmPerPixel * canvasPixels) / pixels);
  }

  destroy(): void {
    this.turn += 1;
    this.ruler.turn(false);
    this.viewer.destroy();
    this.element.remove();
  }
}

type TileSource = object;

/** What OpenSeadragon opens: the service's own description, told where it really lies. */
async function source(view: View): Promise<TileSource> {
  if (!view.info) return { type: "image", url: view.picture };
  const info = (await json(`${view.info}/info.json`)) as Record<string, unknown>;
  return { ...info, ...("@id" in info ? { "@id": view.info } : { id: view.info }) };
}
