/** GLBs as three reads them, in every compression that is published, and how they leave the memory again. */

import { Color, LoadingManager, Mesh, type Object3D, Texture, type WebGLRenderer } from "three";
import { DRACOLoader } from "three/examples/jsm/loaders/DRACOLoader.js";
import { GLTFLoader } from "three/examples/jsm/loaders/GLTFLoader.js";
import { MeshoptDecoder } from "three/examples/jsm/libs/meshopt_decoder.module.js";
import { asKtx2Loader, Ktx2 } from "./ktx2";

export const UNPAINTED = new Color(0xd8cfc0); // of a scan that recorded no colour, and of "shape without colour"

export class GlbReader {
  private readonly draco = new DRACOLoader();
  private readonly ktx2: Ktx2;

  constructor(renderer: WebGLRenderer) {
    this.ktx2 = new Ktx2(renderer);
  }

  async read(address: string, progress?: (share: number) => void): Promise<Object3D> {
    const loader = new GLTFLoader(new LoadingManager());
    loader.setDRACOLoader(this.draco);
    loader.setMeshoptDecoder(MeshoptDecoder);
    loader.setKTX2Loader(asKtx2Loader(this.ktx2));
    const { scene } = await loader.loadAsync(address, ({ lengthComputable, loaded, total }) => {
      if (lengthComputable && total) progress?.(loaded / total);
    });
    return scene;
  }

  dispose(): void {
    this.draco.dispose();
    this.ktx2.dispose();
  }
}

/** Give back what a part of a scene holds on the graphics card. */
export function dispose(root: Object3D): void {
  root.traverse((node) => {
    if (!(node instanceof Mesh)) return;
    node.geometry.dispose();
    for (const material of [node.material].flat()) {
      for (const value of Object.values(material)) {
        if (!(value instanceof Texture)) continue;
        if (value.image instanceof ImageBitmap) value.image.close();
        value.dispose();
      }
      material.dispose();
    }
  });
}
