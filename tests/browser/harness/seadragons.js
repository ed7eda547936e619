// Finds every OpenSeadragon that a viewer's bundle makes, and looks around in the newest one.
// Include it before the bundle: a viewer of OpenSeadragon sets its own "viewport", and is noted then.
const seadragons = [];
Object.defineProperty(Object.prototype, "viewport", {
  configurable: true,
  get: () => undefined,
  set(value) {
    if (typeof this.addTiledImage === "function") seadragons.push(this);
    Object.defineProperty(this, "viewport", { value, writable: true, enumerable: true, configurable: true });
  },
});

const pause = (ms) => new Promise((done) => setTimeout(done, ms));
const service = (image) => image.source._id ?? image.source["@id"] ?? image.source.id;

// The images of the viewer that shows a service, once all that is visible of them is there.
async function settled(place, patience = 20000) {
  for (const end = Date.now() + patience; Date.now() < end; await pause(25)) {
    for (const viewer of seadragons.filter((one) => one.world && one.element?.isConnected)) {
      const images = Array.from({ length: viewer.world.getItemCount() }, (_, at) => viewer.world.getItemAt(at));
      if (images.some((image) => service(image) === place) && images.every((image) => image.getFullyLoaded())) return { viewer, images };
    }
  }
  throw new Error(`${place} does not come to rest`);
}

// Waits for the whole of a service; looks at its first and last corner, pixel by pixel, where it is larger than the window.
async function lookAround(place, corners) {
  const { viewer, images } = await settled(place);
  const image = images.find((one) => service(one) === place);
  const size = image.getContentSize();
  const { x: across, y: down } = viewer.viewport.getContainerSize();
  if (!corners || (size.x <= across && size.y <= down)) return;
  for (const [x, y] of [[0, 0], [size.x, size.y]]) {
    viewer.viewport.panTo(image.imageToViewportCoordinates(x, y), true);
    viewer.viewport.zoomTo(image.imageToViewportZoom(1), null, true);
    await pause(60);
    await settled(place);
  }
  viewer.viewport.goHome(true); // Mirador keeps the place for the next canvas
}
