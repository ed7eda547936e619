/** Deep zoom of pages with OpenSeadragon: one at a time, or a whole scroll side by side. */

import OpenSeadragon from "openseadragon";
import { h, tool } from "./dom";
import { line, type Manifest, type Note, type View } from "./iiif";
import { ScaleBar } from "./scalebar";
import { json, Refused } from "./site";
import { fullScreen, type Stage } from "./stage";
import { t } from "./texts";

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
  private readonly views: View[];
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
    this.element.append(host, this.progress, this.tools(), this.scale.element, this.message);
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
    this.viewer.addHandler("update-viewport", () => this.measure());
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
    bar.append(fullScreen(this.element) ?? "");
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
    this.scale.clear();
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
