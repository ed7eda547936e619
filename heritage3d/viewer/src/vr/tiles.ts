/**
 * Pages and scrolls as surfaces that sharpen as one approaches. All tiles that are in use lie as layers of one
 * texture of fixed size and are drawn with one call; the least recently seen give way (LRU).
 */

import {
  BufferAttribute,
  BufferGeometry,
  DataArrayTexture,
  DynamicDrawUsage,
  type Frustum,
  GLSL3,
  LinearFilter,
  Mesh,
  ShaderMaterial,
  SRGBColorSpace,
  Texture,
  Vector3,
  type WebGLRenderer,
} from "three";
import { addressOf, type Panel } from "./plan";
import { boxOf, nearest, type Slot, type Surface, surface, type Tile, tileOf } from "./tile";

const LOADING_AT_ONCE = 6;
const UPLOADS_PER_FRAME = 2;
const LEAST_FREE = 12; // layers that whole pages leave to tiles

/** From where it is looked at: the eye, what it sees, and the angle of a pixel. */
export interface Eye {
  at: Vector3;
  sees: Frustum;
  pixel: number;
}

export class Tiles {
  readonly mesh: Mesh;
  readonly texture: DataArrayTexture;
  /** Tiles that could not be had; the coarser ones stay. */
  failed = 0;
  private readonly surfaces: Surface[] = [];
  private readonly free: number[] = [];
  private readonly held = new Map<number, Tile>(); // layer -> tile
  private readonly ready: [Tile, ImageBitmap][] = [];
  private queue: Tile[] = [];
  private loading = 0;
  private clock = 0;
  private bias = 1;
  private dirty = true;
  private gone = false;
  private readonly source = new Texture();

  constructor(
    private readonly renderer: WebGLRenderer,
    private readonly side: number,
    private readonly layers: number,
    panels: Panel[],
  ) {
    this.texture = new DataArrayTexture(null, side, side, Math.max(layers, 1));
    this.texture.colorSpace = SRGBColorSpace;
    this.texture.minFilter = this.texture.magFilter = LinearFilter;
    this.texture.source.dataReady = false; // its memory is taken, nothing is sent
    this.texture.needsUpdate = true;
    this.source.colorSpace = SRGBColorSpace;
    this.source.flipY = false;
    const geometry = new BufferGeometry();
    const most = layers + panels.length + 8;
    const attribute = (size: number) => new BufferAttribute(new Float32Array(most * 4 * size), size).setUsage(DynamicDrawUsage);
    geometry.setAttribute("position", attribute(3));
    geometry.setAttribute("uv", attribute(2));
    geometry.setAttribute("layer", attribute(1));
    const indices = new Uint32Array(most * 6);
    for (let at = 0; at < most; at += 1) indices.set([0, 2, 1, 1, 2, 3].map((corner) => at * 4 + corner), at * 6);
    geometry.setIndex(new BufferAttribute(indices, 1));
    geometry.setDrawRange(0, 0);
    this.mesh = new Mesh(geometry, material(this.texture));
    this.mesh.frustumCulled = false;
    for (const panel of panels) this.surfaces.push(surface(panel));
    this.pack();
    if (layers) renderer.initTexture(this.texture);
  }

  /** Whole pages share layers, shelf by shelf; what is left is for tiles. */
  private pack(): void {
    let [layer, x, y, shelf] = [0, 0, 0, 0];
    for (const { whole, panel } of this.surfaces) {
      const [w, h] = [Math.min(panel.smallest[0], this.side) + 2, Math.min(panel.smallest[1], this.side) + 2];
      if (x + w > this.side) [x, y, shelf] = [0, y + shelf, 0];
      if (y + h > this.side) [layer, x, y, shelf] = [layer + 1, 0, 0, 0];
      if (layer >= this.layers - LEAST_FREE) break; // more pages than the memory holds: these are tiles like others
      whole.slot = { layer, u: x / this.side, v: y / this.side, w: (w - 2) / this.side, h: (h - 2) / this.side };
      x += w;
      shelf = Math.max(shelf, h);
    }
    const first = this.surfaces.some(({ whole }) => whole.slot) ? layer + 1 : 0;
    for (let at = this.layers - 1; at >= first; at -= 1) this.free.push(at);
  }

  /** Which panels can be seen at all: the open spread of a book. */
  show(wanted: (panel: Panel) => boolean): void {
    for (const entry of this.surfaces) entry.visible = wanted(entry.panel);
    this.dirty = true;
  }

  get bytes(): number {
    return this.side * this.side * 4 * this.layers;
  }

  /** Tiles that are being fetched or wait for it. */
  get pending(): number {
    return this.loading + this.queue.length + this.ready.length;
  }

  /** The finest factor that is drawn of a panel now: 1 is the scan's own pixels. */
  finest(panel: Panel): number {
    const found = this.surfaces.find((entry) => entry.panel === panel);
    const there = found ? [...found.tiles.values()].filter((tile) => tile.state === "there" && tile.seen === this.clock) : [];
    return Math.min(...there.map((tile) => tile.factor), found?.whole.factor ?? Infinity);
  }

  /** Before every frame: take what came. */
  upload(): void {
    for (let at = 0; at < UPLOADS_PER_FRAME && this.ready.length; at += 1) {
      const [tile, picture] = this.ready.shift()!;
      this.place(tile, picture);
      picture.close();
    }
    if (this.dirty) this.draw();
  }

  /** A few times a second: what should be seen from here. */
  look(eye: Eye): void {
    if (!this.layers) return;
    this.clock += 1;
    const wanted: Tile[] = [];
    for (const entry of this.surfaces) if (entry.visible) this.refine(entry, entry.whole, eye, wanted);
    const fixed = wanted.filter((tile) => tile.slot && tile === tile.surface.whole).length;
    const room = this.free.length + this.held.size;
    // More than the memory holds: a little less sharp until it fits; sharper again when there is room.
    if (wanted.length - fixed > room) this.bias *= 1.25;
    else if (wanted.length - fixed < room * 0.6) this.bias = Math.max(1, this.bias / 1.1);
    wanted.sort((a, b) => b.weight - a.weight);
    this.queue = wanted.filter((tile) => tile.state === "new" || tile.state === "wanted").slice(0, room);
    for (const tile of this.queue) tile.state = "wanted";
    this.dirty = true;
    this.fetch();
  }

  private refine(entry: Surface, tile: Tile, eye: Eye, wanted: Tile[]): void {
    if (tile !== entry.whole && !eye.sees.intersectsBox(boxOf(tile))) return;
    const { at, distance } = nearest(tile, eye.at);
    const facing = Math.abs(entry.normal.dot(at.sub(eye.at).normalize()));
    const texel = (entry.panel.size[0] / entry.panel.width) * tile.factor;
    const angle = (texel / Math.max(distance, 0.03)) * Math.sqrt(Math.max(facing, 0.05));
    const children = angle > eye.pixel * this.bias * 1.05 ? this.children(entry, tile) : [];
    tile.seen = this.clock;
    tile.weight = angle + (tile === entry.whole ? 1e3 : 0);
    const complete = children.length > 0 && children.every((child) => child.state === "there" || !eye.sees.intersectsBox(boxOf(child)));
    // What is covered by finer ones may go; it is kept only until they are there.
    if (tile === entry.whole || !complete) wanted.push(tile);
    for (const child of children) this.refine(entry, child, eye, wanted);
  }

  private children(entry: Surface, tile: Tile): Tile[] {
    const { factors, tile: side, width, height } = entry.panel;
    const below = factors.filter((factor) => factor < tile.factor);
    if (!below.length) return [];
    const factor = Math.max(...below);
    const span = side * factor;
    const found: Tile[] = [];
    const [left, top] = [Math.floor(tile.x / span) * span, Math.floor(tile.y / span) * span];
    for (let y = top; y < Math.min(tile.y + tile.h, height); y += span) {
      for (let x = left; x < Math.min(tile.x + tile.w, width); x += span) {
        const key = `${factor}/${x}/${y}`;
        let child = entry.tiles.get(key);
        if (!child) entry.tiles.set(key, (child = tileOf(entry, factor, x, y, Math.min(span, width - x), Math.min(span, height - y))));
        found.push(child);
      }
    }
    return found;
  }

  private fetch(): void {
    while (this.loading < LOADING_AT_ONCE && this.queue.length) {
      const tile = this.queue.shift()!;
      if (tile.state !== "wanted") continue;
      tile.state = "loading";
      this.loading += 1;
      void this.load(tile).then(() => {
        this.loading -= 1;
        if (!this.gone) this.fetch();
      });
    }
  }

  private async load(tile: Tile): Promise<void> {
    try {
      const answer = await fetch(addressOf(tile.address), { credentials: "same-origin" });
      if (!answer.ok) throw new Error(String(answer.status));
      const limit = this.side;
      let picture = await createImageBitmap(await answer.blob(), { premultiplyAlpha: "none" });
      if (picture.width > limit || picture.height > limit) {
        const scale = limit / Math.max(picture.width, picture.height);
        const smaller = await createImageBitmap(picture, { resizeWidth: Math.floor(picture.width * scale), resizeHeight: Math.floor(picture.height * scale), resizeQuality: "high" });
        picture.close();
        picture = smaller;
      }
      if (this.gone) picture.close();
      else this.ready.push([tile, picture]);
    } catch {
      tile.state = "gone"; // what is coarser stays in sight
      this.failed += 1;
    }
  }

  private place(tile: Tile, picture: ImageBitmap): void {
    const slot = tile === tile.surface.whole && tile.slot ? tile.slot : this.layer(tile);
    if (!slot) {
      tile.state = "new"; // no layer can be given up now
      return;
    }
    const [w, h] = [Math.min(picture.width, this.side), Math.min(picture.height, this.side)];
    this.source.image = picture;
    this.renderer.copyTextureToTexture(this.source, this.texture, null, new Vector3(slot.u * this.side, slot.v * this.side, slot.layer));
    this.source.image = null;
    tile.slot = { ...slot, w: w / this.side, h: h / this.side };
    tile.state = "there";
    this.dirty = true;
  }

  private layer(tile: Tile): Slot | null {
    let layer = this.free.pop();
    if (layer === undefined) {
      let oldest: Tile | null = null;
      for (const held of this.held.values()) if (!oldest || held.seen < oldest.seen || (held.seen === oldest.seen && held.weight < oldest.weight)) oldest = held;
      if (!oldest || (oldest.seen === this.clock && oldest.weight >= tile.weight)) return null;
      layer = oldest.slot!.layer;
      oldest.slot = null;
      oldest.state = "new";
    }
    this.held.set(layer, tile);
    return { layer, u: 0, v: 0, w: 1, h: 1 };
  }

  private draw(): void {
    this.dirty = false;
    const { position, uv, layer } = this.mesh.geometry.attributes as Record<string, BufferAttribute>;
    let count = 0;
    const put = (tile: Tile) => {
      const { slot, corners } = tile;
      if (!slot || tile.state !== "there") return;
      position!.array.set(corners, count * 12);
      const half = 0.5 / this.side;
      const [left, right, top, bottom] = [slot.u + half, slot.u + slot.w - half, slot.v + half, slot.v + slot.h - half];
      uv!.array.set([left, top, right, top, left, bottom, right, bottom], count * 8);
      layer!.array.fill(slot.layer, count * 4, count * 4 + 4);
      count += 1;
    };
    const drawn = [...this.held.values()].filter((tile) => tile.surface.visible && tile !== tile.surface.whole);
    for (const entry of this.surfaces) if (entry.visible) put(entry.whole);
    drawn.sort((a, b) => b.factor - a.factor).forEach(put);
    for (const attribute of [position, uv, layer]) attribute!.needsUpdate = true;
    this.mesh.geometry.setDrawRange(0, count * 6);
  }

  dispose(): void {
    this.gone = true;
    for (const [, picture] of this.ready) picture.close();
    this.texture.dispose();
    this.mesh.geometry.dispose();
    (this.mesh.material as ShaderMaterial).dispose();
  }
}

/** The pixels of the scan as they are; seen aslant, four samples along the longer way keep writing from flickering. */
function material(sheet: DataArrayTexture): ShaderMaterial {
  return new ShaderMaterial({
    glslVersion: GLSL3,
    uniforms: { sheet: { value: sheet }, light: { value: 0.97 } },
    vertexShader: `
      in float layer;
      out vec2 place;
      flat out float level;
      void main() {
        place = uv;
        level = layer;
        gl_Position = projectionMatrix * modelViewMatrix * vec4(position, 1.0);
      }`,
    fragmentShader: `
      precision highp sampler2DArray;
      uniform sampler2DArray sheet;
      uniform float light;
      in vec2 place;
      flat in float level;
      layout(location = 0) out vec4 colour;
      void main() {
        vec2 across = dFdx(place);
        vec2 down = dFdy(place);
        vec2 way = dot(across, across) > dot(down, down) ? across : down;
        float layer = floor(level + 0.5);
        vec3 sum = vec3(0.0);
        for (int at = 0; at < 4; at += 1) sum += texture(sheet, vec3(place + way * (float(at) - 1.5) * 0.25, layer)).rgb;
        colour = linearToOutputTexel(vec4(sum * 0.25 * light, 1.0));
      }`,
  });
}
