/** A card with text and buttons: an element on a screen, a picture in the headset. The words are the same. */

import { CanvasTexture, Mesh, MeshBasicMaterial, PlaneGeometry, SRGBColorSpace, type Vector2 } from "three";
import { h } from "../dom";
import { sans, serif, set } from "./lettering";

export interface Button {
  label: string;
  act: () => void;
  pressed?: boolean;
  wide?: boolean;
}

export interface Saying {
  /** What the card is about, for tests and styles: "object", "tour", "menu", "help", "objects". */
  kind: string;
  title: string;
  under?: string;
  facts?: string[];
  text: string[];
  note?: string;
  link?: { label: string; address: string };
  buttons: Button[];
}

export interface Card {
  show(saying: Saying | null): void;
  dispose(): void;
}

/** On a screen: beside the picture, read by screen readers. */
export class PageCard implements Card {
  readonly element = h("aside", { class: "card", "aria-live": "polite", hidden: true });

  show(saying: Saying | null): void {
    this.element.hidden = !saying;
    if (!saying) return this.element.replaceChildren();
    const { kind, title, under, facts, text, note, link, buttons } = saying;
    const had = this.element.contains(document.activeElement) ? (document.activeElement as HTMLElement).dataset.at : undefined;
    this.element.dataset.kind = kind;
    this.element.replaceChildren(
      h("h2", {}, title),
      under ? h("p", { class: "under" }, under) : "",
      facts?.length ? h("ul", { class: "facts" }, ...facts.map((fact) => h("li", {}, fact))) : "",
      ...text.map((part) => h("p", { class: "text" }, part)),
      note ? h("p", { class: "note" }, note) : "",
      link ? h("p", {}, h("a", { href: link.address }, link.label)) : "",
      h(
        "div",
        { class: "acts" },
        ...buttons.map(({ label, act, pressed, wide }, at) =>
          h("button", { type: "button", onclick: act, "data-at": String(at), class: wide ? "wide" : null, "aria-pressed": pressed === undefined ? null : String(pressed) }, label),
        ),
      ),
    );
    // Whoever pressed a button of the card before stays on it.
    if (had !== undefined) this.element.querySelector<HTMLElement>(`[data-at="${had}"]`)?.focus();
  }

  dispose(): void {
    this.element.remove();
  }
}

const WIDTH = 1024;
const HEIGHT = 800;
const METRES = 0.78;
const PAD = 56;
const ROW = 84;

/** In the headset: one texture and one mesh for as long as the room is open. */
export class PictureCard implements Card {
  readonly mesh: Mesh;
  private readonly canvas = document.createElement("canvas");
  private readonly texture: CanvasTexture;
  private places: { x: number; y: number; w: number; h: number; act: () => void }[] = [];
  private saying: Saying | null = null;
  private over = -1;

  constructor() {
    this.canvas.width = WIDTH;
    this.canvas.height = HEIGHT;
    this.texture = new CanvasTexture(this.canvas);
    this.texture.colorSpace = SRGBColorSpace;
    this.texture.anisotropy = 4;
    this.mesh = new Mesh(new PlaneGeometry(METRES, (METRES * HEIGHT) / WIDTH), new MeshBasicMaterial({ map: this.texture, transparent: true }));
    this.mesh.visible = false;
    this.mesh.renderOrder = 5;
  }

  show(saying: Saying | null): void {
    this.saying = saying;
    this.over = -1;
    this.mesh.visible = saying !== null;
    if (saying) this.draw();
  }

  /** The button at a place of the picture; it is lit. */
  point(uv: Vector2 | null): (() => void) | null {
    const at = uv ? this.places.findIndex(({ x, y, w, h }) => uv.x * WIDTH >= x && uv.x * WIDTH <= x + w && (1 - uv.y) * HEIGHT >= y && (1 - uv.y) * HEIGHT <= y + h) : -1;
    if (at !== this.over) {
      this.over = at;
      this.draw();
    }
    return this.places[at]?.act ?? null;
  }

  private draw(): void {
    const { saying } = this;
    if (!saying) return;
    const context = this.canvas.getContext("2d")!;
    // No higher than what it says: once to know how high, then in the middle.
    const height = this.write(context, saying, 0, HEIGHT);
    this.write(context, saying, (HEIGHT - height) / 2, height);
    this.texture.needsUpdate = true;
  }

  /** Text and buttons on a ground of that height, from `start` down; how much of it they need. */
  private write(context: CanvasRenderingContext2D, saying: Saying, start: number, height: number): number {
    context.clearRect(0, 0, WIDTH, HEIGHT);
    context.fillStyle = "rgba(30,26,22,.95)";
    context.beginPath();
    context.roundRect(0, start, WIDTH, height, 36);
    context.fill();
    const rows = this.rows(saying.buttons, context);
    const end = start + height - PAD / 2 - rows.length * ROW; // where the buttons begin
    const bottom = end - 10;
    const width = WIDTH - 2 * PAD;
    let y = start + PAD - 8;
    y = set(context, saying.title, PAD, y, width, bottom, { font: `600 50px ${serif()}`, colour: "#f6f1e7", leading: 62, after: 2, most: 2 });
    y = set(context, saying.under ?? "", PAD, y, width, bottom, { font: `400 30px ${serif()}`, colour: "#b9ad9b", leading: 40, after: 8, most: 1 });
    y = set(context, (saying.facts ?? []).join("  ·  "), PAD, y, width, bottom, { font: `400 26px ${sans()}`, colour: "#cfc5b5", leading: 37, after: 14, most: 4 });
    for (const text of saying.text) y = set(context, text, PAD, y, width, bottom, { font: `400 31px ${sans()}`, colour: "#efe9dd", leading: 45, after: 12 });
    y = set(context, saying.note ?? "", PAD, Math.min(y, bottom - 40), width, bottom + 6, { font: `400 26px ${sans()}`, colour: "#e0907a", leading: 36, after: 8, most: 1 });
    this.places = [];
    rows.forEach((row, line) => {
      const each = (width - 16 * (row.length - 1)) / row.length;
      row.forEach((button, at) => {
        const [x, top] = [PAD + at * (each + 16), end + line * ROW];
        const number = this.places.length;
        context.fillStyle = number === this.over ? "#a5442f" : button.pressed ? "#6b5a45" : "#453c32";
        context.beginPath();
        context.roundRect(x, top, each, ROW - 14, 16);
        context.fill();
        context.font = `500 29px ${sans()}`;
        context.fillStyle = "#fbf7ef";
        context.textAlign = "center";
        context.fillText(button.label, x + each / 2, top + 45, each - 20);
        context.textAlign = "left";
        this.places.push({ x, y: top, w: each, h: ROW - 14, act: button.act });
      });
    });
    return Math.min(HEIGHT, y - start + rows.length * ROW + PAD / 2 + 22);
  }

  private rows(buttons: Button[], context: CanvasRenderingContext2D): Button[][] {
    context.font = `500 29px ${sans()}`;
    const rows: Button[][] = [];
    for (const button of buttons) {
      const row = rows.at(-1);
      const least = Math.max(...[...(row ?? []), button].map(({ label }) => context.measureText(label).width + 44));
      if (row && !button.wide && !row[0]!.wide && (row.length + 1) * (least + 16) <= WIDTH - 2 * PAD) row.push(button);
      else rows.push([button]);
    }
    return rows;
  }

  dispose(): void {
    this.texture.dispose();
    this.mesh.geometry.dispose();
    (this.mesh.material as MeshBasicMaterial).dispose();
  }
}
