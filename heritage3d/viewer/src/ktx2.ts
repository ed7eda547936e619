/** Textures as graphics cards hold them (KTX2, Basis Universal). What unpacks them is fetched with the first one. */

import { type CompressedTexture, Loader, LoadingManager, type WebGLRenderer } from "three";
import type { KTX2Loader } from "three/examples/jsm/loaders/KTX2Loader.js";

const WORKERS = 2;

export class Ktx2 extends Loader<CompressedTexture> {
  private loader: Promise<KTX2Loader> | null = null;

  constructor(private readonly renderer: WebGLRenderer) {
    super(new LoadingManager());
  }

  override load(
    address: string,
    done: (texture: CompressedTexture) => void,
    progress?: (event: ProgressEvent) => void,
    failed?: (error: unknown) => void,
  ): void {
    this.loader ??= this.start();
    this.loader.then((loader) => loader.load(address, done, progress, failed), failed);
  }

  private async start(): Promise<KTX2Loader> {
    const { KTX2Loader } = await import("three/examples/jsm/loaders/KTX2Loader.js");
    return new KTX2Loader(new LoadingManager()).setWorkerLimit(WORKERS).detectSupport(this.renderer);
  }

  dispose(): void {
    void this.loader?.then((loader) => loader.dispose());
    this.loader = null;
  }
}

/** The texture plug of a GLTFLoader is typed as the class itself; it asks for load() only. */
export const asKtx2Loader = (loader: Ktx2): KTX2Loader => loader as unknown as KTX2Loader;
