/** What pages and models have in common: a place to be looked at. */

import { tool } from "./dom";
import type { View } from "./iiif";
import { t } from "./texts";

export interface Stage {
  readonly element: HTMLElement;
  show(view: View): Promise<void>;
  destroy(): void;
}

export function fullScreen(element: HTMLElement): HTMLElement | null {
  if (!document.fullscreenEnabled) return null;
  return tool("full", t.full, () => {
    if (document.fullscreenElement) void document.exitFullscreen();
    else void element.requestFullscreen();
  });
}
