/** Tours: from place to place of what people said of the objects. */

import { MathUtils, Vector3 } from "three";
import { EYE_HEIGHT } from "./body";
import { line, type Words } from "../iiif";
import type { Saying } from "./card";
import { placed } from "./labels";
import type { Marker } from "./marker";
import type { Exhibit, Note, Plan, Stop } from "./plan";
import type { Thing } from "./things";
import { say } from "./words";

/** Where one stands for a stop, and at what one looks. */
export interface Outlook {
  stand: Vector3;
  look: Vector3;
  yaw?: number; // radians, where it is another than straight at what one looks at
  spread: number | null;
}

export class Tour {
  at = -1;
  private readonly stops: Stop[];

  constructor(
    private readonly plan: Plan,
    private readonly number: number,
    private readonly thingOf: (exhibit: Exhibit) => Thing | undefined,
  ) {
    this.stops = plan.tours[number]!.stops;
  }

  get length(): number {
    return this.stops.length;
  }

  step(by: number): void {
    this.at = Math.min(Math.max(this.at + by, 0), this.stops.length - 1);
  }

  private get stop(): Stop {
    return this.stops[this.at]!;
  }

  get exhibit(): Exhibit {
    return this.plan.objects[this.stop.object]!;
  }

  private get note(): Note | undefined {
    return this.stop.note === null ? undefined : this.exhibit.notes[this.stop.note];
  }

  /** What is said at this stop; the buttons are the caller's. */
  saying(): Omit<Saying, "buttons"> {
    const { exhibit, note } = this;
    const own = this.stop.text ?? note?.text ?? exhibit.summary;
    const paragraphs = line(own as Words).split("\n").filter(Boolean);
    const title = note && line(note.title) ? line(note.title) : line(exhibit.title);
    const name = line(this.plan.tours[this.number]!.title);
    return {
      kind: "tour",
      title,
      under: [name, say().stop(this.at + 1, this.length)].filter(Boolean).join(" · "),
      facts: note || this.stop.text ? [] : exhibit.facts.map(({ value }) => line(value)),
      text: paragraphs,
      ...(exhibit.scale === "unknown" && { note: say().scaleUnknown }),
    };
  }

  outlook(): Outlook {
    const { exhibit, note } = this;
    const thing = this.thingOf(exhibit);
    const front = outlookOf(exhibit);
    if (note?.point && thing) {
      const look = thing.point(note.point);
      const outward = look.clone().sub(thing.place.position).setY(0);
      const facing = new Vector3(front.stand.x - thing.place.position.x, 0, front.stand.z - thing.place.position.z);
      // From the side on which the point lies; from the front where it lies there or in the middle.
      const behind = outward.length() > 0.02 && outward.dot(facing) < 0;
      const way = behind ? facing.clone().negate() : facing;
      return { stand: thing.place.position.clone().setY(0).add(way), look, spread: null };
    }
    const panel = note?.panel === undefined ? undefined : exhibit.panels.find((entry) => entry.name === note.panel);
    if (!panel) return front;
    if (exhibit.kind === "lectern") return { ...front, look: new Vector3(...panel.at), spread: panel.spread };
    const [x, y, w, h] = note?.box ?? [0, 0, panel.width, panel.height];
    const scale = panel.size[0] / panel.width;
    const look = new Vector3((x + w / 2) * scale - panel.size[0] / 2, panel.size[1] / 2 - (y + h / 2) * scale, 0).applyMatrix4(placed(panel.at, panel.turn));
    const away = Math.min(1.6, Math.max(0.42, 1.5 * Math.max(w, h) * scale));
    const stand = look.clone().add(new Vector3(0, 0, away).applyMatrix4(placed([0, 0, 0], panel.turn))).setY(0);
    return { stand, look, spread: null };
  }

  mark(marker: Marker): void {
    const { exhibit, note } = this;
    const thing = this.thingOf(exhibit);
    marker.hide();
    if (note?.point && thing) {
      marker.point(thing.point(note.point), Math.min(0.05, Math.max(0.006, thing.radius * 0.14)));
      return;
    }
    const panel = note?.box && exhibit.panels.find((entry) => entry.name === note.panel);
    if (!panel || !note?.box) return;
    const scale = panel.size[0] / panel.width;
    const least = Math.max(panel.size[0], panel.size[1]) / 60; // of a point
    const [x, y, w, h] = note.box.map((value) => value * scale) as [number, number, number, number];
    const [cx, cy] = [x + w / 2 - panel.size[0] / 2, panel.size[1] / 2 - y - h / 2];
    const [a, b] = [Math.max(w, least) / 2, Math.max(h, least) / 2];
    marker.box(placed(panel.at, panel.turn, panel.tilt), [cx - a, cx + a, cy - b, cy + b]);
  }
}

/** Where one stands before an exhibit, and its middle. */
export function outlookOf(exhibit: Exhibit): Outlook {
  const [x, z] = exhibit.view;
  const { model, frame, stand } = exhibit;
  const look = model
    ? new Vector3(model.at[0], model.at[1] + ((model.greatest[1] - model.least[1]) * model.factor) / 2, model.at[2])
    : frame
      ? new Vector3(...frame.at)
      : new Vector3(stand!.at[0], stand!.size[1], stand!.at[1]);
  if (frame && frame.size[0] > 3) {
    // Before a long scroll one looks straight at it, wherever one stands.
    const along = new Vector3(1, 0, 0).applyMatrix4(placed([0, 0, 0], frame.turn));
    look.addScaledVector(along, new Vector3(x - frame.at[0], 0, z - frame.at[2]).dot(along));
  }
  return { stand: new Vector3(x, 0, z), look, yaw: (exhibit.view[2] * Math.PI) / 180, spread: null };
}

/** The field of view, in degrees from below to above, in which an exhibit is well seen in a window of this shape; the label beside a frame, too. */
export function fieldFor(exhibit: Exhibit, aspect: number): number {
  const { stand, look } = outlookOf(exhibit);
  const away = Math.hypot(stand.x - look.x, EYE_HEIGHT - look.y, stand.z - look.z);
  const { model, frame } = exhibit;
  const sides = model ? model.greatest.map((most, at) => (most - model.least[at]!) * model.factor) : (frame?.size ?? [exhibit.stand!.size[0], exhibit.stand!.size[2]]);
  const tall = model ? Math.max(...sides) : Math.max(sides[1]!, sides[0]! / aspect);
  return MathUtils.radToDeg(2 * Math.atan(tall / 2 / away)) * (model ? 2.4 : frame ? 1.5 : 1.35);
}
