/** The light of the room, computed once: what lamps give to walls and floor, what corners and plinths take. */

import { DataTexture, LinearFilter, SRGBColorSpace, Vector3 } from "three";
import type { Exhibit, Plan } from "./plan";

/** A lightmap texel of full value means this much light. */
export const RANGE = 2;
const RADIANS = Math.PI / 180;
const TEXELS_PER_METRE = 24;

export interface Lamp {
  at: Vector3;
  aim: Vector3;
  power: number;
  spread: number; // cosine of half the cone
}

interface Shade {
  x: number; // middle, along the surface's own axes
  y: number;
  halfWidth: number;
  halfHeight: number;
  depth: number; // how dark at the edge
  soft: number; // metres
}

export interface Surface {
  name: string;
  corner: Vector3;
  across: Vector3; // unit vectors; v runs up
  up: Vector3;
  width: number;
  height: number;
  shades: Shade[];
  ambient: number; // share of the room's ambient light
}

export interface Lightmap {
  texture: DataTexture;
  /** The place of a surface on the texture: u, v, width, height. */
  place: Map<string, [number, number, number, number]>;
  /** A texel of light 1, for what is shaded by itself. */
  one: [number, number];
}

/** One lamp for everything that is shown, on tracks below the ceiling. */
export function lamps(plan: Plan): Lamp[] {
  const [, height] = plan.size;
  const found: Lamp[] = [];
  for (const exhibit of plan.objects) {
    const aim = middle(exhibit);
    const turn = (exhibit.frame?.turn ?? exhibit.stand?.turn ?? 0) * RADIANS;
    const front = new Vector3(Math.sin(turn), 0, Math.cos(turn));
    const width = exhibit.frame?.size[0] ?? 0.6;
    const count = exhibit.frame ? Math.max(1, Math.round(width / 1.6)) : 1;
    for (let at = 0; at < count; at += 1) {
      const aside = (at - (count - 1) / 2) * (width / count);
      const side = new Vector3(front.z, 0, -front.x).multiplyScalar(aside);
        const place = aim.clone().add(side).addScaledVector(front, exhibit.frame ? 1.5 : 0.7).setY(height - 0.3);
      found.push({ at: place, aim: aim.clone().add(side), power: exhibit.frame ? 0.92 : 0.8, spread: exhibit.frame ? 0.9 : 0.93 });
    }
  }
  return found;
}

function middle(exhibit: Exhibit): Vector3 {
  if (exhibit.frame) return new Vector3(...exhibit.frame.at);
  const { at, size } = exhibit.stand!;
  return new Vector3(at[0], size[1] + 0.1, at[1]);
}

/** Light that falls on a point whose surface looks along `normal`. */
function received(point: Vector3, normal: Vector3, all: Lamp[]): number {
  let sum = 0;
  const way = new Vector3();
  const axis = new Vector3();
  for (const lamp of all) {
    way.subVectors(point, lamp.at);
    const distance = way.length();
    way.divideScalar(distance);
    const cosine = -way.dot(normal);
    if (cosine <= 0) continue;
    axis.subVectors(lamp.aim, lamp.at);
    const reach = axis.length();
    const cone = axis.divideScalar(reach).dot(way);
    const edge = Math.min(1, Math.max(0, (cone - (lamp.spread - 0.13)) / 0.2));
    // Lenses of such lamps spread their light evenly: what is nearer gets little more than what is aimed at.
    const fall = Math.min(1.15, (reach / distance) ** 1.2);
    sum += lamp.power * Math.sqrt(cosine) * edge * edge * (3 - 2 * edge) * fall;
  }
  return sum;
}

/** Corners see less of the room. */
function corner(x: number, y: number, width: number, height: number): number {
  const near = (distance: number) => 1 - 0.34 * Math.exp(-distance / 0.4);
  return near(x) * near(width - x) * near(y) * near(height - y);
}

function shaded(x: number, y: number, shades: Shade[]): number {
  let left = 1;
  for (const shade of shades) {
    const dx = Math.max(Math.abs(x - shade.x) - shade.halfWidth, 0);
    const dy = Math.max(Math.abs(y - shade.y) - shade.halfHeight, 0);
    left *= 1 - shade.depth * Math.exp(-Math.hypot(dx, dy) / shade.soft);
  }
  return left;
}

/** Bake all surfaces into one texture. */
export function bake(plan: Plan, surfaces: Surface[], all: Lamp[]): Lightmap {
  const evening = plan.light === "evening";
  const ambient = evening ? 0.16 : 0.56;
  const gain = evening ? 1.15 : 0.9;
  const widest = Math.max(...surfaces.map((surface) => surface.width));
  const sum = surfaces.reduce((total, surface) => total + surface.height, 0);
  const scale = Math.min(TEXELS_PER_METRE, 1000 / widest, 1900 / sum);
  const size = surfaces.map((surface) => [Math.max(4, Math.ceil(surface.width * scale)), Math.max(4, Math.ceil(surface.height * scale))] as const);
  const width = Math.max(...size.map(([w]) => w)) + 4;
  const height = size.reduce((total, [, h]) => total + h + 2, 4);
  const data = new Uint8Array(width * height * 4).fill(90); // between the surfaces: edges are smoothed with it
  const place: Lightmap["place"] = new Map();
  const random = seeded(7);
  const point = new Vector3();
  const normal = new Vector3();
  let top = 4; // the first rows hold the texel of light 1
  const one = encoded(1, 0.5);
  for (let at = 0; at < width * 4; at += 1) for (const channel of [0, 1, 2]) data[(at % width) * 4 + Math.floor(at / width) * width * 4 + channel] = one;
  surfaces.forEach((surface, number) => {
    const [w, h] = size[number]!;
    normal.crossVectors(surface.across, surface.up);
    for (let row = 0; row < h; row += 1) {
      for (let column = 0; column < w; column += 1) {
        const x = (column / (w - 1)) * surface.width;
        const y = (row / (h - 1)) * surface.height;
        point.copy(surface.corner).addScaledVector(surface.across, x).addScaledVector(surface.up, y);
        const shade = shaded(x, y, surface.shades);
        const base = ambient * surface.ambient * corner(x, y, surface.width, surface.height) * shade;
        const lamp = gain * received(point, normal, all) * (0.25 + 0.75 * shade);
        const to = ((top + row) * width + column) * 4;
        // Lamps are warm, what comes from everywhere is a little cooler.
        data[to] = encoded(base * 0.985 + lamp, random());
        data[to + 1] = encoded(base * 0.99 + lamp * 0.955, random());
        data[to + 2] = encoded(base + lamp * 0.875, random());
      }
    }
    // Half a texel inside, so that no neighbour shows at the edges.
    place.set(surface.name, [0.5 / width, (top + 0.5) / height, (w - 1) / width, (h - 1) / height]);
    top += h + 2;
  });
  const texture = new DataTexture(data, width, height);
  texture.colorSpace = SRGBColorSpace;
  texture.magFilter = texture.minFilter = LinearFilter;
  texture.channel = 1;
  texture.needsUpdate = true;
  return { texture, place, one: [1.5 / width, 1.5 / height] };
}

/** Eight bits with a grain of noise: light runs out over a wall in no steps. */
function encoded(light: number, noise: number): number {
  const linear = Math.min(1, Math.max(0, light / RANGE));
  const value = linear <= 0.0031308 ? 12.92 * linear : 1.055 * linear ** (1 / 2.4) - 0.055;
  return Math.floor(value * 255 + noise);
}

/** Numbers from 0 to 1, the same at every visit (mulberry32). */
export function seeded(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
