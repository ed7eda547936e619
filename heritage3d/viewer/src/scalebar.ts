/** A bar of a round length, or the plain word that the scale is not known. */

import { h } from "./dom";
import { length, t } from "./texts";

export class ScaleBar {
  readonly element = h("div", { class: "scale", role: "img" });
  private readonly bar = h("span", { class: "bar" });
  private readonly text = h("span");

  constructor() {
    this.element.append(this.bar, this.text);
    this.element.hidden = true;
  }

  /** Show a bar for a picture in which one CSS pixel is so many millimetres. */
  show(mmPerPixel: number): void {
    if (!(mmPerPixel > 0) || !Number.isFinite(mmPerPixel)) return;
    const longest = mmPerPixel * 150;
    const decade = 10 ** Math.floor(Math.log10(longest));
    const mm = decade * ([5, 2, 1].find((step) => step * decade <= longest) ?? 1);
    this.element.hidden = false;
    this.bar.hidden = false;
    this.bar.style.width = `${mm / mmPerPixel}px`;
    this.text.textContent = length(mm);
    this.element.setAttribute("aria-label", t.scaleBar(length(mm)));
  }

  unknown(): void {
    this.element.hidden = false;
    this.bar.hidden = true;
    this.text.textContent = t.scaleUnknown;
    this.element.setAttribute("aria-label", t.scaleUnknown);
  }
}
