/** KTX2 textures of a GLB (KHR_texture_basisu): the transcoder, half a megabyte, comes with the first file that needs it. */

import type { Texture, WebGLRenderer } from "three";
import type { GLTFLoaderPlugin, GLTFParser } from "three/examples/jsm/loaders/GLTFLoader.js";
import type { KTX2Loader } from "three/examples/jsm/loaders/KTX2Loader.js";

const NAME = "KHR_texture_basisu";

export class BasisTextures {
  private loader: Promise<KTX2Loader> | null = null;

  constructor(private readonly renderer: WebGLRenderer) {}

  /** For GLTFLoader.register. */
  readonly plugin = (parser: GLTFParser): GLTFLoaderPlugin => ({
    name: NAME,
    loadTexture: (index: number) => {
      const source = parser.json.textures?.[index]?.extensions?.[NAME]?.source;
      if (typeof source !== "number") return null as unknown as Promise<Texture>; // the next plugin is asked
      return this.transcoder().then((loader) => parser.loadTextureImage(index, source, loader));
    },
  });

  private transcoder(): Promise<KTX2Loader> {
    this.loader ??= import("three/examples/jsm/loaders/KTX2Loader.js").then(({ KTX2Loader }) =>
      new KTX2Loader().detectSupport(this.renderer),
    );
    return this.loader;
  }

  dispose(): void {
    void this.loader?.then((loader) => loader.dispose());
    this.loader = null;
  }
}
