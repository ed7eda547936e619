/** The lamp: its place on a dome over the object, set by pointing at it or by two sliders. */

import { h } from "./dom";
import { t } from "./texts";

const LOWEST = 4; // degrees: at the rim of the dome the light grazes
const HIGHEST = 88;
const RIM = 43; // how far from the middle the mark of the lowest lamp lies, in per cent of the dome's width

export class Lamp {
  readonly element = h("div", { class: "lamp", hidden: true });
  private readonly around = h("input", { type: "range", min: 0, max: 360, step: 1, value: 315 });
  private readonly height = h("input", { type: "range", min: LOWEST, max: HIGHEST, step: 1, value: 50 });
  private readonly mark = h("span", { class: "mark" });
  // The sliders do the same for the keyboard and for screen readers.
  private readonly dome = h("div", { class: "dome", "aria-hidden": "true" }, this.mark);

  /** `aim` is told of every change: clockwise degrees from above, degrees over the surface that faces us. */
  constructor(private readonly aim: (around: number, height: number) => void) {
    this.around.addEventListener("input", () => this.changed());
    this.height.addEventListener("input", () => this.changed());
    this.dome.addEventListener("pointerdown", (event) => {
      this.dome.setPointerCapture(event.pointerId);
      this.point(event);
    });
    this.dome.addEventListener("pointermove", (event) => {
      if (this.dome.hasPointerCapture(event.pointerId)) this.point(event);
    });
    this.element.append(
      this.dome,
      h(
        "div",
        { class: "sliders" },
        h("label", {}, h("span", {}, t.lightFrom), this.around),
        h("label", {}, h("span", {}, t.lightHeight), this.height),
        h("p", { class: "ends", "aria-hidden": "true" }, h("span", {}, t.raking), h("span", {}, t.frontal)),
      ),
    );
    this.place();
  }

  private point(event: PointerEvent): void {
    const box = this.dome.getBoundingClientRect();
    const x = (event.clientX - box.left) / box.width - 0.5;
    const y = 0.5 - (event.clientY - box.top) / box.height;
    const reach = Math.min(1, (Math.hypot(x, y) * 100) / RIM);
    this.around.value = String(Math.round((Math.atan2(x, y) * 180) / Math.PI + 360) % 360);
    this.height.value = String(Math.round(HIGHEST - reach * (HIGHEST - LOWEST)));
    this.changed();
  }

  private changed(): void {
    this.place();
    this.aim(Number(this.around.value), Number(this.height.value));
  }

  private place(): void {
    const angle = (Number(this.around.value) * Math.PI) / 180;
    const reach = (RIM * (HIGHEST - Number(this.height.value))) / (HIGHEST - LOWEST);
    this.mark.style.left = `${50 + reach * Math.sin(angle)}%`;
    this.mark.style.top = `${50 - reach * Math.cos(angle)}%`;
    this.around.setAttribute("aria-valuetext", `${this.around.value}°`);
    this.height.setAttribute("aria-valuetext", `${this.height.value}°`);
  }
}
