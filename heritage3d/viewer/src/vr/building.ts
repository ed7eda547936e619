/** Walls, floor, plinths, frames: one mesh of paint and one of wood, lit by what was baked. */

import { BufferAttribute, BufferGeometry, CanvasTexture, Color, Group, Matrix4, Mesh, MeshBasicMaterial, RepeatWrapping, SRGBColorSpace, Vector3 } from "three";
import { placed } from "./labels";
import { bake, lamps, RANGE, seeded, type Lamp, type Lightmap, type Surface } from "./light";
import type { Exhibit, Plan } from "./plan";

const FRAME = "#2e241b";
const MAT = "#e4dccb";
const METAL = "#37332f";
const PLANK = 2.4; // metres that the picture of the floor covers
const FRAME_BAR = 0.016;

class Paint {
  readonly positions: number[] = [];
  readonly colours: number[] = [];
  readonly lights: number[] = [];
  readonly uvs: number[] = [];
  readonly indices: number[] = [];

  /** A four-cornered face: lower left, lower right, upper left, upper right. */
  face(corners: Vector3[], colours: Color[], lights: [number, number][], uvs: [number, number][] = []): void {
    const first = this.positions.length / 3;
    corners.forEach((corner, at) => {
      this.positions.push(corner.x, corner.y, corner.z);
      this.colours.push(...colours[at % colours.length]!.toArray());
      this.lights.push(...lights[at % lights.length]!);
      this.uvs.push(...(uvs[at] ?? [0, 0]));
    });
    this.indices.push(first, first + 1, first + 2, first + 2, first + 1, first + 3);
  }

  /** A box around the origin of `matrix`, lit from above; `fall` darkens it towards its foot. */
  box(matrix: Matrix4, [w, h, d]: [number, number, number], paint: string, one: [number, number], fall = 0, bright = 1): void {
    const at = (x: number, y: number, z: number) => new Vector3((x * w) / 2, (y * h) / 2, (z * d) / 2).applyMatrix4(matrix);
    const sides: [number, Vector3[]][] = [
      [0.86, [at(-1, -1, 1), at(1, -1, 1), at(-1, 1, 1), at(1, 1, 1)]],
      [0.5, [at(1, -1, -1), at(-1, -1, -1), at(1, 1, -1), at(-1, 1, -1)]],
      [0.68, [at(1, -1, 1), at(1, -1, -1), at(1, 1, 1), at(1, 1, -1)]],
      [0.74, [at(-1, -1, -1), at(-1, -1, 1), at(-1, 1, -1), at(-1, 1, 1)]],
      [1.06, [at(-1, 1, 1), at(1, 1, 1), at(-1, 1, -1), at(1, 1, -1)]],
      [0.3, [at(-1, -1, -1), at(1, -1, -1), at(-1, -1, 1), at(1, -1, 1)]],
    ];
    for (const [light, corners] of sides) {
      const top = new Color(paint).multiplyScalar(light * bright);
      const upright = light > 0.4 && light < 1;
      const foot = upright ? top.clone().multiplyScalar(1 - fall) : top;
      this.face(corners, [foot, foot, top, top], [one]);
    }
  }

  mesh(lightmap: Lightmap, map: CanvasTexture | null): Mesh {
    const geometry = new BufferGeometry();
    geometry.setAttribute("position", new BufferAttribute(new Float32Array(this.positions), 3));
    geometry.setAttribute("color", new BufferAttribute(new Float32Array(this.colours), 3));
    geometry.setAttribute("uv1", new BufferAttribute(new Float32Array(this.lights), 2));
    if (map) geometry.setAttribute("uv", new BufferAttribute(new Float32Array(this.uvs), 2));
    geometry.setIndex(this.indices);
    const material = new MeshBasicMaterial({ vertexColors: true, lightMap: lightmap.texture, lightMapIntensity: Math.PI * RANGE });
    if (map) material.map = map;
    return new Mesh(geometry, material);
  }
}

/** The room itself. */
export function building(plan: Plan): Group {
  const surfaces = surfacesOf(plan);
  const all = lamps(plan);
  const lightmap = bake(plan, surfaces, all);
  const paint = new Paint();
  const wood = new Paint();
  for (const surface of surfaces) {
    const shell = surface.name === "floor" ? wood : paint;
    const colour = new Color(surface.name === "floor" ? "#ffffff" : surface.name === "ceiling" ? "#cfcac1" : plan.colours.walls);
    const [u, v, w, h] = lightmap.place.get(surface.name)!;
    const at = (x: number, y: number) => surface.corner.clone().addScaledVector(surface.across, x * surface.width).addScaledVector(surface.up, y * surface.height);
    shell.face(
      [at(0, 0), at(1, 0), at(0, 1), at(1, 1)],
      [colour],
      [[u, v], [u + w, v], [u, v + h], [u + w, v + h]],
      [[0, 0], [surface.width / PLANK, 0], [0, surface.height / PLANK], [surface.width / PLANK, surface.height / PLANK]],
    );
  }
  skirting(paint, plan, lightmap.one);
  for (const exhibit of plan.objects) furniture(paint, exhibit, plan, lightmap.one);
  spots(paint, plan, all, lightmap.one);
  const group = new Group();
  group.add(paint.mesh(lightmap, null), wood.mesh(lightmap, planks(plan.colours.floor)), contacts(plan));
  return group;
}

function surfacesOf(plan: Plan): Surface[] {
  const [width, height, depth] = plan.size;
  const [w, d] = [width / 2, depth / 2];
  const v = (x: number, y: number, z: number) => new Vector3(x, y, z);
  const surfaces: Surface[] = [
    { name: "floor", corner: v(-w, 0, d), across: v(1, 0, 0), up: v(0, 0, -1), width, height: depth, shades: [], ambient: 0.92 },
    { name: "ceiling", corner: v(-w, height, -d), across: v(1, 0, 0), up: v(0, 0, 1), width, height: depth, shades: [], ambient: 0.62 },
    { name: "north", corner: v(-w, 0, -d), across: v(1, 0, 0), up: v(0, 1, 0), width, height, shades: [], ambient: 1 },
    { name: "south", corner: v(w, 0, d), across: v(-1, 0, 0), up: v(0, 1, 0), width, height, shades: [], ambient: 0.94 },
    { name: "east", corner: v(w, 0, -d), across: v(0, 0, 1), up: v(0, 1, 0), width: depth, height, shades: [], ambient: 0.97 },
    { name: "west", corner: v(-w, 0, d), across: v(0, 0, -1), up: v(0, 1, 0), width: depth, height, shades: [], ambient: 0.97 },
  ];
  const floor = surfaces[0]!;
  for (const { stand, frame, kind } of plan.objects) {
    if (stand) {
      const [x, y] = [stand.at[0] + w, d - stand.at[1]];
      const quarter = Math.abs(Math.sin((stand.turn * Math.PI) / 180)) > 0.7;
      const [a, b] = kind === "lectern" ? [0.26, 0.2] : [stand.size[0] / 2, stand.size[2] / 2];
      const [halfWidth, halfHeight] = quarter ? [b, a] : [a, b];
      floor.shades.push({ x, y, halfWidth, halfHeight, depth: 0.62, soft: 0.1 }, { x, y, halfWidth, halfHeight, depth: 0.3, soft: 0.4 });
    }
    if (!frame) continue;
    const wall = surfaces.find((surface) => surface.name === { "0": "north", "180": "south", "-90": "east", "90": "west" }[String(frame.turn)]);
    if (!wall) continue;
    const along = new Vector3(...frame.at).sub(wall.corner).dot(wall.across);
    wall.shades.push({ x: along, y: frame.at[1] - 0.03, halfWidth: frame.size[0] / 2 - 0.01, halfHeight: frame.size[1] / 2, depth: 0.5, soft: 0.05 });
  }
  return surfaces;
}

function skirting(paint: Paint, plan: Plan, one: [number, number]): void {
  const [width, , depth] = plan.size;
  const colour = `#${new Color(plan.colours.walls).multiplyScalar(0.42).getHexString()}`;
  for (const [x, z, turn, length] of [[0, -depth / 2, 0, width], [0, depth / 2, 180, width], [width / 2, 0, -90, depth], [-width / 2, 0, 90, depth]] as const) {
    paint.box(placed([x, 0.045, z], turn), [length, 0.09, 0.024], colour, one);
  }
}

function furniture(paint: Paint, exhibit: Exhibit, plan: Plan, one: [number, number]): void {
  const { stand, frame, model, label, kind } = exhibit;
  if (frame) {
    const [w, h] = frame.size;
    const at = placed(frame.at, frame.turn);
    const part = (x: number, y: number, z: number, size: [number, number, number], colour: string, bright = 1) =>
      paint.box(at.clone().multiply(new Matrix4().makeTranslation(x, y, z)), size, colour, one, 0, bright);
    part(0, 0, 0.015, [w, h, 0.03], MAT, 1.02);
    for (const side of [-1, 1]) {
      part((side * (w + FRAME_BAR)) / 2, 0, 0.022, [FRAME_BAR, h + 2 * FRAME_BAR, 0.044], FRAME, 1.4);
      part(0, (side * (h + FRAME_BAR)) / 2, 0.022, [w, FRAME_BAR, 0.044], FRAME, 1.4);
    }
  }
  if (stand && kind === "plinth") {
    const [w, h, d] = stand.size;
    const { plinths } = plan.colours;
    paint.box(placed([stand.at[0], h / 2 + 0.02, stand.at[1]], stand.turn), [w, h - 0.04, d], plinths, one, 0.45, 0.8);
    paint.box(placed([stand.at[0], 0.02, stand.at[1]], stand.turn), [w - 0.05, 0.04, d - 0.05], "#1d1a17", one);
    paint.box(placed([stand.at[0], h - 0.006, stand.at[1]], stand.turn), [w, 0.012, d], plinths, one, 0, 0.84);
  }
  if (stand && kind === "lectern") {
    const [w, h] = stand.size;
    const across = Math.max(0.34, Math.max(...exhibit.panels.map((panel) => panel.size[1])) + 0.12);
    const board = placed([stand.at[0], h, stand.at[1]], stand.turn, stand.tilt);
    const below = board.clone().multiply(new Matrix4().makeTranslation(0, 0, -0.022));
    paint.box(below, [w, across, 0.036], "#5c4937", one, 0, 0.85);
    paint.box(board.clone().multiply(new Matrix4().makeTranslation(0, -across / 2 + 0.01, 0.006)), [w, 0.02, 0.03], "#4b3a2b", one);
    paint.box(placed([stand.at[0], (h - 0.03) / 2, stand.at[1]], stand.turn), [0.1, h - 0.06, 0.1], "#4b3a2b", one, 0.45);
    paint.box(placed([stand.at[0], 0.015, stand.at[1]], stand.turn), [0.5, 0.03, 0.38], "#3d2f23", one);
  }
  // The card of the label has an edge.
  paint.box(placed(label.at, label.turn, label.tilt), [label.size[0] + 0.006, label.size[1] + 0.006, 0.006], "#b9b2a4", one);
  if (kind === "plinth" && stand) {
    const arm = placed(label.at, label.turn).multiply(new Matrix4().makeTranslation(0, -0.02, -0.06));
    paint.box(arm, [0.05, 0.014, 0.12], METAL, one);
  }
  if (model?.pin && stand) {
    const height = model.at[1] - stand.size[1] + 0.004;
    paint.box(placed([model.at[0], stand.size[1] + height / 2, model.at[2]], 0), [0.006, height, 0.006], METAL, one);
    paint.box(placed([model.at[0], stand.size[1] + 0.004, model.at[2]], stand.turn), [0.07, 0.008, 0.05], METAL, one);
  }
}

/** A lamp below the ceiling for everything that is lit. */
function spots(paint: Paint, plan: Plan, all: Lamp[], one: [number, number]): void {
  const height = plan.size[1];
  for (const { at, aim } of all) {
    const stem = height - at.y;
    paint.box(placed([at.x, height - stem / 2, at.z], 0), [0.014, stem, 0.014], "#2a2622", one);
    paint.box(placed([at.x, height - 0.01, at.z], 0), [0.1, 0.02, 0.1], "#2a2622", one);
    const turned = new Matrix4().lookAt(at, aim, new Vector3(0, 1, 0.01)).setPosition(at);
    paint.box(turned, [0.075, 0.075, 0.15], "#2a2622", one);
    // What shines in it; lookAt turns the back of a node away from what it looks at.
    paint.box(turned.clone().multiply(new Matrix4().makeTranslation(0, 0, -0.074)), [0.055, 0.055, 0.006], "#fff4dd", one, 0, 2);
  }
}

/** Boards of oak: laid out, toned and veined by chance that is the same at every visit. */
function planks(colour: string): CanvasTexture {
  const side = 1024;
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = side;
  const context = canvas.getContext("2d")!;
  const random = seeded(11);
  const rows = 12;
  const high = side / rows;
  const base = new Color(colour);
  for (let row = 0; row < rows; row += 1) {
    const shift = ((row * 0.37) % 1) * side;
    for (const [from, to] of [[0, 0.5], [0.5, 1]] as const) {
      const tone = base.clone().multiplyScalar(0.9 + 0.2 * random());
      for (const turn of [0, -side]) {
        const [x, w] = [from * side + shift + turn, (to - from) * side];
        context.fillStyle = `#${tone.getHexString()}`;
        context.fillRect(x, row * high, w, high);
        for (let vein = 0; vein < 26; vein += 1) {
          context.fillStyle = `rgba(${random() < 0.6 ? "30,22,14" : "255,240,215"},${0.012 + 0.03 * random()})`;
          context.fillRect(x + random() * w * 0.6, row * high + random() * high, w * (0.15 + 0.5 * random()), 1 + random() * 2);
        }
        context.fillStyle = "rgba(18,13,9,.5)";
        context.fillRect(x, row * high, 1.5, high);
      }
    }
    context.fillStyle = "rgba(18,13,9,.45)";
    context.fillRect(0, row * high, side, 1.5);
  }
  const texture = new CanvasTexture(canvas);
  texture.colorSpace = SRGBColorSpace;
  texture.wrapS = texture.wrapT = RepeatWrapping;
  texture.anisotropy = 4;
  return texture;
}

/** Where an object meets its plinth there is a little darkness: one mesh for all of them. */
function contacts(plan: Plan): Mesh {
  const positions: number[] = [];
  const uvs: number[] = [];
  const indices: number[] = [];
  for (const { model, stand } of plan.objects) {
    if (!model || !stand) continue;
    const wide = Math.min(stand.size[0] * 1.0, ((model.greatest[0] - model.least[0]) * model.factor) * 1.5 + 0.03);
    const deep = Math.min(stand.size[2] * 1.0, ((model.greatest[2] - model.least[2]) * model.factor) * 1.5 + 0.05);
    const matrix = placed([model.at[0], stand.size[1] + 0.0025, model.at[2]], stand.turn);
    const first = positions.length / 3;
    for (const [x, z] of [[-1, 1], [1, 1], [-1, -1], [1, -1]] as const) {
      positions.push(...new Vector3((x * wide) / 2, 0, (z * deep) / 2).applyMatrix4(matrix).toArray());
      uvs.push((x + 1) / 2, (z + 1) / 2);
    }
    indices.push(first, first + 1, first + 2, first + 2, first + 1, first + 3);
  }
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 64;
  const context = canvas.getContext("2d")!;
  const fade = context.createRadialGradient(32, 32, 2, 32, 32, 32);
  for (const [stop, alpha] of [[0, 0.62], [0.45, 0.42], [0.8, 0.1], [1, 0]] as const) fade.addColorStop(stop, `rgba(24,19,14,${alpha})`);
  context.fillStyle = fade;
  context.fillRect(0, 0, 64, 64);
  const geometry = new BufferGeometry();
  geometry.setAttribute("position", new BufferAttribute(new Float32Array(positions), 3));
  geometry.setAttribute("uv", new BufferAttribute(new Float32Array(uvs), 2));
  geometry.setIndex(indices);
  const map = new CanvasTexture(canvas);
  map.colorSpace = SRGBColorSpace;
  const mesh = new Mesh(geometry, new MeshBasicMaterial({ map, transparent: true, depthWrite: false }));
  mesh.visible = positions.length > 0;
  return mesh;
}
