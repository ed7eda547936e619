/** What every frame costs, against what the devices of room.json can draw. */

import { CompressedTexture, DataArrayTexture, Mesh, type Object3D, Texture, type WebGLRenderer } from "three";
import type { Budget } from "./plan";

export interface Figures {
  triangles: number;
  draw_calls: number;
  texture_bytes: number;
}

function bytesOf(texture: Texture): number {
  if (texture instanceof CompressedTexture) return texture.mipmaps.reduce((sum, { data }) => sum + (data?.byteLength ?? 0), 0);
  const image = texture.image as { width?: number; height?: number; depth?: number } | null;
  const pixels = (image?.width ?? 0) * (image?.height ?? 0) * (texture instanceof DataArrayTexture ? (image?.depth ?? 1) : 1);
  return Math.round(pixels * 4 * (texture.generateMipmaps ? 4 / 3 : 1));
}

export class Costs {
  now: Figures = { triangles: 0, draw_calls: 0, texture_bytes: 0 };
  worst: Figures = { triangles: 0, draw_calls: 0, texture_bytes: 0 };
  frames = 0;
  private known = -1;

  constructor(
    private readonly renderer: WebGLRenderer,
    private readonly scene: Object3D,
    private readonly budgets: Budget[],
  ) {}

  /** After a frame; three counts both eyes of a headset. */
  count(): void {
    const { render, memory } = this.renderer.info;
    if (memory.textures !== this.known) {
      this.known = memory.textures;
      this.now.texture_bytes = this.textures();
    }
    this.now = { ...this.now, triangles: render.triangles, draw_calls: render.calls };
    this.frames += 1;
    for (const name of Object.keys(this.now) as (keyof Figures)[]) this.worst[name] = Math.max(this.worst[name], this.now[name]);
  }

  private textures(): number {
    const seen = new Set<Texture>();
    this.scene.traverse((node) => {
      if (!(node instanceof Mesh)) return;
      for (const material of [node.material].flat()) {
        for (const value of Object.values(material)) if (value instanceof Texture) seen.add(value);
        for (const uniform of Object.values((material.uniforms ?? {}) as Record<string, { value: unknown }>)) if (uniform.value instanceof Texture) seen.add(uniform.value);
      }
    });
    return [...seen].reduce((sum, texture) => sum + bytesOf(texture), 0);
  }

  /** The figures that some frame had beyond a budget: none on a room that was checked. */
  broken(): string[] {
    return this.budgets.flatMap((budget) =>
      (Object.keys(this.worst) as (keyof Figures)[])
        .filter((name) => this.worst[name] > budget[name])
        .map((name) => `${budget.device}: ${this.worst[name]} ${name}, ${budget[name]} allowed`),
    );
  }
}
