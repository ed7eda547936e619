/** The tiles of a page: which part of the scan each shows, and where that is in the room. */

import { type Frustum, type Matrix4, Vector3 } from "three";
import { placed } from "./labels";
import type { Panel } from "./plan";

const STEP = 0.00012; // metres by which a finer tile lies before a coarser one

export interface Slot {
  layer: number;
  u: number;
  v: number;
  w: number; // shares of the layer
  h: number;
}

export interface Tile {
  key: string;
  surface: Surface;
  factor: number;
  x: number; // pixels of the page
  y: number;
  w: number;
  h: number;
  address: string;
  corners: Float32Array;
  slot: Slot | null;
  seen: number;
  state: "new" | "wanted" | "loading" | "there" | "gone";
  weight: number;
}

export interface Surface {
  panel: Panel;
  matrix: Matrix4;
  normal: Vector3;
  whole: Tile;
  tiles: Map<string, Tile>;
  visible: boolean;
}

export function surface(panel: Panel): Surface {
  const matrix = placed(panel.at, panel.turn, panel.tilt);
  const entry = { panel, matrix, normal: new Vector3(0, 0, 1).transformDirection(matrix), tiles: new Map(), visible: true } as unknown as Surface;
  entry.whole = tileOf(entry, Math.max(...panel.factors, panel.width / panel.smallest[0]), 0, 0, panel.width, panel.height);
  entry.whole.address = `${panel.address}/full/${panel.smallest.join(",")}/0/default.jpg`;
  return entry;
}

export function tileOf(surface: Surface, factor: number, x: number, y: number, w: number, h: number): Tile {
  const { panel, matrix } = surface;
  const region = w === panel.width && h === panel.height ? "full" : `${x},${y},${w},${h}`;
  const address = `${panel.address}/${region}/${Math.ceil(w / factor)},${Math.ceil(h / factor)}/0/default.${panel.format}`;
  const level = panel.factors.filter((other) => other >= factor).length;
  const corners = new Float32Array(12);
  const point = new Vector3();
  [[x, y], [x + w, y], [x, y + h], [x + w, y + h]].forEach(([px, py], at) => {
    point.set((px! / panel.width - 0.5) * panel.size[0], (0.5 - py! / panel.height) * panel.size[1], STEP * (panel.factors.length - panel.factors.filter((other) => other < factor).length)).applyMatrix4(matrix);
    corners.set(point.toArray(), at * 3);
  });
  return { key: `${factor}/${x}/${y}`, surface, factor, x, y, w, h, address, corners, slot: null, seen: 0, state: "new", weight: level };
}

const scratch = new Vector3();
const box = { min: new Vector3(), max: new Vector3() };

export function boxOf(tile: Tile): Parameters<Frustum["intersectsBox"]>[0] {
  box.min.setScalar(Infinity);
  box.max.setScalar(-Infinity);
  for (let at = 0; at < 12; at += 3) {
    scratch.fromArray(tile.corners, at);
    box.min.min(scratch);
    box.max.max(scratch);
  }
  return box as Parameters<Frustum["intersectsBox"]>[0];
}

/** The point of a tile that is nearest to the eye. */
export function nearest(tile: Tile, eye: Vector3): { at: Vector3; distance: number } {
  const corner = (at: number) => new Vector3().fromArray(tile.corners, at * 3);
  const [a, b, c] = [corner(0), corner(1), corner(2)];
  const [across, down] = [b.sub(a), c.sub(a)];
  const way = new Vector3().subVectors(eye, a);
  const share = (along: Vector3) => Math.min(1, Math.max(0, way.dot(along) / along.lengthSq()));
  const at = a.clone().addScaledVector(across, share(across)).addScaledVector(down, share(down));
  return { at, distance: at.distanceTo(eye) };
}
