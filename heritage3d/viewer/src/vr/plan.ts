/** room.json: what stands and hangs where. Written by heritage3d itself; all lengths in metres. */

import { json, root } from "../site";
import type { Words } from "../iiif";

export type Point = [number, number, number];

export interface Panel {
  name: string;
  label: Words;
  address: string;
  width: number;
  height: number;
  tile: number;
  factors: number[];
  format: string;
  smallest: [number, number];
  size: [number, number];
  at: Point;
  turn: number;
  tilt: number;
  spread: number;
}

export interface Note {
  title: Words;
  text: Words;
  point?: Point;
  panel?: string;
  box?: [number, number, number, number];
}

export interface Exhibit {
  id: string;
  title: Words;
  summary: Words;
  facts: { label: Words; value: Words }[];
  scale: "known" | "unknown";
  direction: string;
  kind: "plinth" | "wall" | "lectern";
  stand?: { at: [number, number]; turn: number; size: Point; tilt?: number };
  frame?: { at: Point; turn: number; size: [number, number] };
  model?: {
    files: { address: string; triangles: number }[];
    least: Point;
    greatest: Point;
    factor: number;
    at: Point;
    turn: number;
    pin: boolean;
  };
  panels: Panel[];
  label: { at: Point; turn: number; tilt: number; size: [number, number] };
  view: Point; // x, z, and the turn of what one faces
  notes: Note[];
}

export interface Stop {
  object: number;
  note: number | null;
  text?: Words;
}

export interface Budget {
  device: string;
  name: string;
  triangles: number;
  draw_calls: number;
  texture_bytes: number;
}

export interface Plan {
  title: Words;
  size: Point; // width, height, depth
  colours: { walls: string; floor: string; plinths: string };
  light: "day" | "evening";
  start: [number, number];
  objects: Exhibit[];
  tiles: { side: number; tiles: number };
  devices: Budget[];
  tours: { title: Words; stops: Stop[] }[];
}

export const plan = async (): Promise<Plan> => (await json(new URL("room.json", root).href)) as Plan;

/** The real address of a path of room.json. */
export const addressOf = (path: string): string => new URL(path.split("/").map(encodeURIComponent).join("/"), root).href;
