/** What pages and models have in common: a place to be looked at. */

import { tool } from "./dom";
import type { Note, View } from "./iiif";
import { t } from "./texts";

export interface Stage {
  readonly element: HTMLElement;
  show(view: View): Promise<void>;
  /** Go to the place of a note and mark it; null takes the mark away. */
  point(note: Note | null): void;
  destroy(): void;
}

export function fullScreen(element: HTMLElement): HTMLElement | null {
  if (!document.fullscreenEnabled) return null;
  return tool("full", t.full, () => {
    if (document.fullscreenElement) void document.exitFullscreen();
    else void element.requestFullscreen();
  });
}
