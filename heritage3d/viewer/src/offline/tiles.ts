/** Tiles of an offline package come from its scripts; pictures that lie in it as files are loaded as ever. */

import OpenSeadragon from "openseadragon";
import { pathOf, root } from "../site";
import { file } from "./data";

interface TileJob {
  src: string;
  finish(data: unknown, request: unknown, type: string): void;
  fail(message: string, request: unknown): void;
}

type Source = { downloadTileStart(job: TileJob): void };
const asEver = (OpenSeadragon.TileSource.prototype as unknown as Source).downloadTileStart;

function start(this: Source, job: TileJob): void {
  if (!job.src.startsWith(root)) return asEver.call(this, job);
  file(pathOf(job.src)).then((blob) => {
    if (!blob) return asEver.call(this, job);
    const address = URL.createObjectURL(blob);
    const image = new Image();
    image.onload = () => (URL.revokeObjectURL(address), job.finish(image, null, "image"));
    image.onerror = () => (URL.revokeObjectURL(address), job.fail("the tile cannot be read", null));
    image.src = address;
  }, () => job.fail("the tiles are missing", null));
}

// OpenSeadragon copies methods from class to class.
for (const kind of [OpenSeadragon.TileSource, OpenSeadragon.IIIFTileSource]) Object.assign(kind.prototype, { downloadTileStart: start });
