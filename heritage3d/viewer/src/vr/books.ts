/** Books on lecterns: which spread of each lies open, and what a touch of a page does. */

import { MathUtils } from "three";
import type { Exhibit, Panel, Plan } from "./plan";

export class Books {
  private readonly spreads = new Map<Exhibit, number>();

  /** `show` is told of every change which panels can be seen; it is told once at the beginning. */
  constructor(
    private readonly plan: Plan,
    private readonly show: (open: (panel: Panel) => boolean) => void,
  ) {
    this.tell();
  }

  private tell(): void {
    const open = new Set(this.plan.objects.flatMap((exhibit) => exhibit.panels.filter(({ spread }) => spread === (this.spreads.get(exhibit) ?? 0))));
    this.show((panel) => open.has(panel));
  }

  /** Open a book at a spread, or at the nearest that it has. */
  open(exhibit: Exhibit, spread: number): void {
    const last = Math.max(0, ...exhibit.panels.map((panel) => panel.spread));
    this.spreads.set(exhibit, MathUtils.clamp(spread, 0, last));
    this.tell();
  }

  /** The page that is touched turns: forward on the side where the book goes on, back on the other. */
  turn(exhibit: Exhibit, panel: Panel): void {
    const pages = exhibit.panels.filter(({ spread }) => spread === panel.spread);
    const turn = MathUtils.degToRad(panel.turn);
    const across = (entry: Panel) => entry.at[0] * Math.cos(turn) - entry.at[2] * Math.sin(turn);
    const isRight = across(panel) >= Math.max(...pages.map(across)) - 1e-6;
    const alone = pages.length === 1;
    const forward = alone ? panel.spread === 0 : isRight !== (exhibit.direction === "right-to-left");
    this.open(exhibit, panel.spread + (forward ? 1 : -1));
  }
}
