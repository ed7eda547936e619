/** Measuring on pages and models: two points, the straight line between them, its length in words. */

import { h } from "./dom";
import { t } from "./texts";

const SLIP_PX = 6; // a press that moves farther is a drag

export type Place = readonly number[];

/** What is measured on: from the window to a place on the object and back. Pixels are CSS pixels of the host. */
export interface Ground {
  /** The place under a pixel, null beside the object. */
  pick(x: number, y: number): Place | null;
  /** Where a place is seen, null out of sight. */
  seen(place: Place): [number, number] | null;
  /** The distance in words; says so where the scale is unknown. */
  distance(from: Place, to: Place): string;
}

const svg = (name: string): SVGElement => document.createElementNS("http://www.w3.org/2000/svg", name);

export class Measure {
  readonly element = h("div", { class: "measure", hidden: true });
  private readonly drawing = svg("svg");
  private readonly line = svg("path");
  private readonly ends = [svg("circle"), svg("circle")] as const;
  private readonly aim = h("span", { class: "aim", "aria-hidden": "true" });
  private readonly text = h("output", { class: "length", "aria-live": "polite" });
  private places: Place[] = [];
  private pressed: [number, number] | null = null;
  private readonly listeners: [string, (event: Event) => void][];

  /** `host` is what takes the pointer and the keys: a press sets a point, Enter sets one in the middle. */
  constructor(
    private readonly host: HTMLElement,
    private readonly ground: Ground,
  ) {
    this.drawing.setAttribute("aria-hidden", "true");
    this.drawing.append(this.line, ...this.ends);
    this.element.append(this.drawing as unknown as Node, this.aim, this.text);
    this.listeners = [
      ["pointerdown", (event) => (this.pressed = this.at(event as PointerEvent))],
      ["pointerup", (event) => this.lifted(event as PointerEvent)],
      ["keydown", (event) => this.key(event as KeyboardEvent)],
    ];
  }

  get on(): boolean {
    return !this.element.hidden;
  }

  /** Begin or end; at the end nothing stays. */
  turn(on: boolean): void {
    if (on === this.on) return;
    this.element.hidden = !on;
    this.host.classList.toggle("measuring", on);
    // In the capture phase: what turns the object hears of it afterwards, and a drag still turns it.
    for (const [name, listener] of this.listeners) {
      if (on) this.host.addEventListener(name, listener, true);
      else this.host.removeEventListener(name, listener, true);
    }
    this.clear();
    if (on) this.host.querySelector<HTMLElement>("[tabindex]")?.focus({ preventScroll: true });
  }

  /** Forget the points: another page or model is looked at. */
  clear(): void {
    this.places = [];
    this.text.textContent = this.on ? t.measureHint : "";
    this.draw();
  }

  private at(event: PointerEvent): [number, number] | null {
    if (!event.isPrimary || event.button > 0) return null;
    const box = this.host.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }

  private lifted(event: PointerEvent): void {
    const [down, up] = [this.pressed, this.at(event)];
    this.pressed = null;
    if (down && up && Math.hypot(up[0] - down[0], up[1] - down[1]) < SLIP_PX) this.set(...up);
  }

  private key(event: KeyboardEvent): void {
    if (event.key === "Escape") this.clear();
    else if (event.key === "Enter" || event.key === " ") this.set(this.host.clientWidth / 2, this.host.clientHeight / 2);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  private set(x: number, y: number): void {
    const place = this.ground.pick(x, y);
    if (!place) {
      this.text.textContent = t.measureMissed;
      return;
    }
    this.places = this.places.length === 1 ? [this.places[0]!, place] : [place];
    const [from, to] = this.places;
    this.text.textContent = from && to ? t.distance(this.ground.distance(from, to)) : t.measureSecond;
    this.draw();
  }

  /** Draw the points where they are seen now; to be called whenever the view has moved. */
  draw(): void {
    if (!this.on) return;
    const seen = this.places.map((place) => this.ground.seen(place));
    this.ends.forEach((end, index) => {
      const place = seen[index];
      end.toggleAttribute("hidden", !place);
      if (!place) return;
      end.setAttribute("cx", String(place[0]));
      end.setAttribute("cy", String(place[1]));
      end.setAttribute("r", "5");
    });
    const [from, to] = seen;
    this.line.toggleAttribute("hidden", !from || !to);
    if (from && to) this.line.setAttribute("d", `M${from[0]} ${from[1]}L${to[0]} ${to[1]}`);
  }
}
