/** The labels beside the objects: all on one texture, drawn with one call. */

import { BufferAttribute, BufferGeometry, CanvasTexture, Euler, Group, Mesh, MeshBasicMaterial, Matrix4, Quaternion, SRGBColorSpace, Vector3 } from "three";
import { line, said, type Words } from "../iiif";
import { language } from "../texts";
import { sans, serif, set } from "./lettering";
import type { Exhibit, Plan } from "./plan";
import { say } from "./words";

const CELL_WIDTH = 512;
const CELL_HEIGHT = 448;
const ACROSS = 4;
const PER_SHEET = 16;
const RADIANS = Math.PI / 180;

/** The title in one more language, as museums have it below the visitor's own. */
export function otherTitle(title: Words): string {
  const own = said(title);
  const other = Object.keys(title).find((tag) => tag !== own.lang && tag.slice(0, 2) !== language.slice(0, 2) && tag !== "none");
  return other ? (title[other]?.[0] ?? "") : "";
}

/** Kind, date, material …: the values alone, as labels have them; dimensions carry their name. */
export function facts(exhibit: Exhibit): string[] {
  return exhibit.facts.map(({ value }) => line(value)).filter(Boolean);
}

export class Labels {
  readonly group = new Group();
  private readonly sheets: { canvas: HTMLCanvasElement; texture: CanvasTexture; exhibits: Exhibit[] }[] = [];

  constructor(plan: Plan) {
    for (let at = 0; at < plan.objects.length; at += PER_SHEET) this.sheet(plan.objects.slice(at, at + PER_SHEET));
    this.draw();
  }

  private sheet(exhibits: Exhibit[]): void {
    const canvas = document.createElement("canvas");
    canvas.width = CELL_WIDTH * Math.min(ACROSS, exhibits.length);
    canvas.height = CELL_HEIGHT * Math.ceil(exhibits.length / ACROSS);
    const texture = new CanvasTexture(canvas);
    texture.colorSpace = SRGBColorSpace;
    texture.anisotropy = 4;
    const positions: number[] = [];
    const uvs: number[] = [];
    const indices: number[] = [];
    exhibits.forEach((exhibit, at) => {
      const { at: place, turn, tilt, size } = exhibit.label;
      const matrix = placed(place, turn, tilt);
      const [u, v] = [(at % ACROSS) * CELL_WIDTH, Math.floor(at / ACROSS) * CELL_HEIGHT];
      for (const [x, y] of [[-0.5, 0.5], [0.5, 0.5], [-0.5, -0.5], [0.5, -0.5]] as const) {
        positions.push(...new Vector3(x * size[0], y * size[1], 0.004).applyMatrix4(matrix).toArray());
        uvs.push((u + (x + 0.5) * CELL_WIDTH) / canvas.width, 1 - (v + (0.5 - y) * CELL_HEIGHT) / canvas.height);
      }
      const first = at * 4;
      indices.push(first, first + 2, first + 1, first + 1, first + 2, first + 3);
    });
    const geometry = new BufferGeometry();
    geometry.setAttribute("position", new BufferAttribute(new Float32Array(positions), 3));
    geometry.setAttribute("uv", new BufferAttribute(new Float32Array(uvs), 2));
    geometry.setIndex(indices);
    this.group.add(new Mesh(geometry, new MeshBasicMaterial({ map: texture, color: 0xdedad2 })));
    this.sheets.push({ canvas, texture, exhibits });
  }

  /** Again, in the language that is spoken now. */
  draw(): void {
    for (const { canvas, texture, exhibits } of this.sheets) {
      const context = canvas.getContext("2d")!;
      exhibits.forEach((exhibit, at) => card(context, exhibit, (at % ACROSS) * CELL_WIDTH, Math.floor(at / ACROSS) * CELL_HEIGHT));
      texture.needsUpdate = true;
    }
  }
}

function card(context: CanvasRenderingContext2D, exhibit: Exhibit, left: number, top: number): void {
  const pad = 36;
  const [x, width, bottom] = [left + pad, CELL_WIDTH - 2 * pad, top + CELL_HEIGHT - 30];
  context.fillStyle = "#f4f1ea";
  context.fillRect(left, top, CELL_WIDTH, CELL_HEIGHT);
  let y = top + 30;
  y = set(context, line(exhibit.title), x, y, width, bottom, { font: `600 37px ${serif()}`, colour: "#221d18", leading: 47, after: 4, most: 3 });
  y = set(context, otherTitle(exhibit.title), x, y, width, bottom, { font: `400 22px ${serif()}`, colour: "#6d6459", leading: 29, after: 8, most: 2 });
  context.fillStyle = "#9c3b2a";
  context.fillRect(x, y + 6, 42, 3);
  y += 22;
  const unknown = exhibit.scale === "unknown" ? 34 : 0;
  for (const fact of facts(exhibit)) {
    if (y > bottom - unknown - 28) break;
    y = set(context, fact, x, y, width, bottom - unknown, { font: `400 21px ${sans()}`, colour: "#3d372f", leading: 29, most: 2 });
  }
  if (unknown) set(context, say().scaleUnknown, x, bottom - 28, width, bottom + 4, { font: `400 19px ${sans()}`, colour: "#9c3b2a", leading: 28, most: 1 });
}

/** Where something flat is that faces south until it is turned (around y) and tilted (back, around x). */
export function placed(at: readonly number[], turn: number, tilt = 0): Matrix4 {
  const rotation = new Quaternion().setFromEuler(new Euler(tilt * RADIANS, turn * RADIANS, 0, "YXZ"));
  return new Matrix4().compose(new Vector3(at[0], at[1], at[2]), rotation, new Vector3(1, 1, 1));
}
