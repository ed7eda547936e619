/** What is known of the measure: a bar of a round length or the word that the scale is unknown, and the deviation. */

import { h } from "./dom";
import { length, t } from "./texts";

export class ScaleBar {
  readonly element = h("div", { class: "legend" });
  private readonly scale = h("div", { class: "scale", role: "img", hidden: true });
  private readonly deviation = h("p", { class: "deviation", hidden: true });
  private readonly bar = h("span", { class: "bar" });
  private readonly text = h("span");

  constructor() {
    this.scale.append(this.bar, this.text);
    this.element.append(this.scale, this.deviation);
  }

  /** Show a bar for a picture in which one CSS pixel is so many millimetres. */
  show(mmPerPixel: number): void {
    if (!(mmPerPixel > 0) || !Number.isFinite(mmPerPixel)) return;
    const longest = mmPerPixel * (innerWidth < 480 ? 90 : 150);
    const decade = 10 ** Math.floor(Math.log10(longest));
    const mm = decade * ([5, 2, 1].find((step) => step * decade <= longest) ?? 1);
    this.scale.hidden = false;
    this.bar.hidden = false;
    this.bar.style.width = `${mm / mmPerPixel}px`;
    this.text.textContent = length(mm);
    this.scale.setAttribute("aria-label", t.scaleBar(length(mm)));
  }

  unknown(): void {
    this.scale.hidden = false;
    this.bar.hidden = true;
    this.text.textContent = t.scaleUnknown;
    this.scale.setAttribute("aria-label", t.scaleUnknown);
  }

  /** Nothing is measured at the moment. */
  clear(): void {
    this.scale.hidden = true;
  }

  /** How far the shown surface may be from the master scan; null where that was not measured. */
  within(bound: string | null): void {
    this.deviation.hidden = bound === null;
    this.deviation.textContent = bound === null ? "" : t.deviationOf(bound);
  }
}
