/** One model drawn with three: load, fit, light, dispose. Knows no page around it. */

import {
  Box3,
  Group,
  type Material,
  MathUtils,
  Mesh,
  MeshStandardMaterial,
  type Object3D,
  PerspectiveCamera,
  PMREMGenerator,
  Raycaster,
  Scene,
  Vector2,
  Vector3,
  WebGLRenderer,
} from "three";
import { OrbitControls } from "three/examples/jsm/controls/OrbitControls.js";
import { RoomEnvironment } from "three/examples/jsm/environments/RoomEnvironment.js";
import { dispose, GlbReader, UNPAINTED } from "./glb";
import { Lights } from "./lights";

const FIELD_OF_VIEW = 32; // degrees: long enough a lens for little distortion
const TOOLS_PX = 56;
const MM_PER_UNIT = 1000; // glTF is in metres

export class ModelScene {
  readonly canvas: HTMLCanvasElement;
  onframe: () => void = () => {};
  /** Where the attended point is in the window, in CSS pixels; null where none is attended or it lies out of sight. */
  onmark: (place: [number, number] | null) => void = () => {};
  private readonly renderer: WebGLRenderer;
  private readonly scene = new Scene();
  private readonly camera = new PerspectiveCamera(FIELD_OF_VIEW, 1, 0.01, 100);
  private readonly controls: OrbitControls;
  private readonly glbs: GlbReader;
  private readonly lights: Lights;
  private readonly content = new Group();
  private readonly clay = new Map<Mesh, { own: Mesh["material"]; plain: MeshStandardMaterial }>();
  private readonly observer: ResizeObserver;
  private radius = 1;
  private middle = new Vector3();
  private first = new Vector3(0.3, 0.22, 1);
  private showsInvented = true;
  private attended: Vector3 | null = null;
  private frame = 0;
  private plain = false;
  private gone = false;

  /** Throws where the browser has no WebGL 2. */
  constructor(private readonly host: HTMLElement) {
    this.renderer = new WebGLRenderer({ antialias: true, alpha: true, stencil: true, powerPreference: "high-performance" });
    this.glbs = new GlbReader(this.renderer);
    this.renderer.setPixelRatio(Math.min(devicePixelRatio, 2));
    this.renderer.localClippingEnabled = true; // of the section plane
    this.canvas = this.renderer.domElement;
    host.append(this.canvas);
    this.controls = new OrbitControls(this.camera, this.canvas);
    this.controls.enableDamping = !matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.controls.dampingFactor = 0.12;
    this.controls.addEventListener("change", () => this.draw());
    this.lights = new Lights(this.renderer, this.camera);
    this.scene.add(this.camera, this.lights.sky, this.content);
    this.observer = new ResizeObserver(() => this.fitCanvas());
    this.observer.observe(host);
  }

  /**
   * Load a GLB and show it in place of the one before; the view stays where the reader has turned it.
   * Gives the number of triangles, or null where the file was no longer wanted when it came.
   */
  async load(address: string, progress: (share: number) => void, wanted: () => boolean): Promise<number | null> {
    const loaded = await this.glbs.read(address, progress);
    if (this.gone || !wanted()) {
      dispose(loaded);
      return null;
    }
    const before = [...this.content.children];
    this.content.add(loaded);
    const triangles = this.prepare(loaded);
    for (const old of before) {
      this.content.remove(old);
      old.traverse((node) => this.clay.delete(node as Mesh));
      dispose(old);
    }
    if (!before.length) {
      this.measure(loaded);
      this.fitCanvas();
      this.whole();
    }
    this.shapeOnly(this.plain);
    this.captured(!this.showsInvented);
    return triangles;
  }

  private prepare(root: Object3D): number {
    let triangles = 0;
    let metal = false;
    root.traverse((node) => {
      if (!(node instanceof Mesh)) return;
      const { index, attributes } = node.geometry;
      triangles += (index ? index.count : (attributes.position?.count ?? 0)) / 3;
      const own = node.material as MeshStandardMaterial;
      if (own.name === "" && own.metalness === 1 && !own.map && !own.metalnessMap) own.metalness = 0; // no material given
      if (!own.map && !attributes.color && own.color?.getHex() === 0xffffff) own.color.copy(UNPAINTED);
      metal ||= own.metalness > 0;
      const flat = !attributes.normal;
      const plain = new MeshStandardMaterial({ color: UNPAINTED, roughness: 0.85, metalness: 0, flatShading: flat, side: own.side });
      if (own.normalMap) [plain.normalMap, plain.normalScale] = [own.normalMap, own.normalScale];
      this.clay.set(node, { own, plain });
      if (own.map) own.map.anisotropy = Math.min(8, this.renderer.capabilities.getMaxAnisotropy());
    });
    if (metal && !this.scene.environment) this.reflect();
    return Math.round(triangles);
  }

  /** Metal needs something to reflect; made only where there is metal. */
  private reflect(): void {
    const generator = new PMREMGenerator(this.renderer);
    this.scene.environment = generator.fromScene(new RoomEnvironment(), 0.04).texture;
    this.scene.environmentIntensity = 0.3;
    generator.dispose();
  }

  private measure(root: Object3D): void {
    const box = new Box3().setFromObject(root);
    const size = box.getSize(new Vector3());
    this.middle = box.getCenter(new Vector3());
    this.radius = Math.max(size.length() / 2, 1e-6);
    // A flat thing is looked at from its broad side, wherever that lies.
    const [x, y, z] = [size.x, size.y, size.z];
    if (y < 0.4 * Math.min(x, z)) this.first.set(0.12, 1, 0.5);
    else if (x < 0.4 * Math.min(y, z)) this.first.set(1, 0.18, 0.3);
    else if (z < 0.4 * Math.min(x, y)) this.first.set(0.25, 0.15, 1);
    this.camera.near = this.radius / 200;
    this.camera.far = this.radius * 60;
    this.controls.minDistance = this.radius / 20;
    this.controls.maxDistance = this.radius * 12;
  }

  private fitCanvas(): void {
    const { clientWidth, clientHeight } = this.host;
    if (!clientWidth || !clientHeight) return;
    this.renderer.setSize(clientWidth, clientHeight, false);
    this.camera.aspect = clientWidth / clientHeight;
    // The tools lie below: the middle of the picture is a little above the middle of the window.
    this.camera.setViewOffset(clientWidth, clientHeight, 0, TOOLS_PX / 2, clientWidth, clientHeight);
    this.camera.updateProjectionMatrix();
    this.draw();
  }

  /** The whole object in the window. */
  whole(): void {
    const half = MathUtils.degToRad(FIELD_OF_VIEW / 2);
    const room = Math.max(1 - TOOLS_PX / Math.max(this.host.clientHeight, 1), 0.5); // fitCanvas moves the middle up
    const narrow = Math.atan(Math.tan(half) * Math.min(room, this.camera.aspect));
    const distance = (this.radius / Math.sin(narrow)) * 1.02;
    this.camera.position.copy(this.first).normalize().multiplyScalar(distance).add(this.middle);
    this.controls.target.copy(this.middle);
    this.controls.update();
    this.draw();
  }

  /** Look at a point of the model (metres) from outside and mark it; null takes the mark away. */
  attend(point: [number, number, number] | null): void {
    this.attended = point && new Vector3(...point);
    if (this.attended) {
      const outwards = this.attended.clone().sub(this.middle);
      const now = this.camera.position.clone().sub(this.controls.target).normalize();
      // From where the reader stands, unless the point lies on the far side.
      const from = outwards.dot(now) > 0.1 * this.radius ? now : outwards.normalize().addScaledVector(this.camera.up, 0.15);
      this.controls.target.copy(this.attended);
      this.camera.position.copy(this.attended).addScaledVector(from.normalize(), this.radius * 1.2);
      this.controls.update();
    }
    this.draw();
  }

  private placeMark(): void {
    if (!this.attended) return this.onmark(null);
    const seen = this.attended.clone().project(this.camera);
    if (Math.abs(seen.z) > 1) return this.onmark(null);
    this.onmark([((seen.x + 1) / 2) * this.host.clientWidth, ((1 - seen.y) / 2) * this.host.clientHeight]);
  }

  zoom(factor: number): void {
    const offset = this.camera.position.clone().sub(this.controls.target).divideScalar(factor);
    offset.clampLength(this.controls.minDistance, this.controls.maxDistance);
    this.camera.position.copy(this.controls.target).add(offset);
    this.controls.update();
    this.draw();
  }

  /** Turn by so many degrees around the upright and the level axis. */
  orbit(across: number, up: number): void {
    const offset = this.camera.position.clone().sub(this.controls.target);
    offset.applyAxisAngle(this.camera.up, MathUtils.degToRad(-across));
    const axis = new Vector3().crossVectors(offset, this.camera.up).normalize();
    const turned = offset.clone().applyAxisAngle(axis, MathUtils.degToRad(up));
    const fromPole = turned.angleTo(this.camera.up);
    if (fromPole > 0.02 && fromPole < Math.PI - 0.02) offset.copy(turned);
    this.camera.position.copy(this.controls.target).add(offset);
    this.controls.update();
    this.draw();
  }

  /** Where the lamp stands (Lights.aim). */
  light(around: number, height: number): void {
    this.lights.aim(around, height);
    this.draw();
  }

  /** Whether anything of the model was invented: what closes holes bears the attribute _INVENTED. */
  get hasInvented(): boolean {
    return this.invented().length > 0;
  }

  /** Show the model with what was invented, or only what was captured. */
  captured(only: boolean): void {
    this.showsInvented = !only;
    for (const mesh of this.invented()) mesh.visible = !only;
    this.draw();
  }

  private invented(): Mesh[] {
    return [...this.clay.keys()].filter((mesh) => "_invented" in mesh.geometry.attributes);
  }

  shapeOnly(on: boolean): void {
    this.plain = on;
    for (const [mesh, { own, plain }] of this.clay) mesh.material = on ? plain : own;
    this.draw();
  }

  /** Millimetres under one CSS pixel, at the point that is turned around. */
  mmPerPixel(): number {
    const distance = this.camera.position.distanceTo(this.controls.target);
    const height = 2 * distance * Math.tan(MathUtils.degToRad(FIELD_OF_VIEW / 2));
    return (height * MM_PER_UNIT) / Math.max(this.host.clientHeight, 1);
  }

  // --- for measuring and for the section plane ------------------------------------------------------------

  meshes(): Mesh[] {
    return [...this.clay.keys()];
  }

  /** Every material that a mesh wears or may wear. */
  materials(): Material[] {
    return [...this.clay.values()].flatMap(({ own, plain }) => [own, plain].flat());
  }

  box(): Box3 {
    return new Box3().setFromObject(this.content);
  }

  add(node: Object3D): void {
    this.scene.add(node);
  }

  redraw(): void {
    this.draw();
  }

  /** The point of the surface under a pixel of the window, in metres; what was cut away is not met. */
  pick(x: number, y: number): [number, number, number] | null {
    const seen = new Vector2((x / this.host.clientWidth) * 2 - 1, 1 - (y / this.host.clientHeight) * 2);
    const ray = new Raycaster();
    ray.setFromCamera(seen, this.camera);
    const hits = ray.intersectObjects(this.meshes().filter((mesh) => mesh.visible), false);
    const kept = hits.find(({ object, point }) => {
      const planes = [(object as Mesh).material].flat()[0]?.clippingPlanes ?? [];
      return planes.every((plane) => plane.distanceToPoint(point) >= 0);
    });
    return kept ? kept.point.toArray() : null;
  }

  /** Where a point (metres) is in the window, in CSS pixels; null behind the reader. */
  seen(point: readonly number[]): [number, number] | null {
    const at = new Vector3().fromArray(point).project(this.camera);
    return Math.abs(at.z) > 1 ? null : [((at.x + 1) / 2) * this.host.clientWidth, ((1 - at.y) / 2) * this.host.clientHeight];
  }

  /** From where the reader looks: the direction from the middle, and the distance in radii. For a second scene beside. */
  get look(): { direction: [number, number, number]; distance: number } {
    const offset = this.camera.position.clone().sub(this.controls.target);
    return { direction: offset.clone().normalize().toArray(), distance: offset.length() / this.radius };
  }

  set look({ direction, distance }: { direction: [number, number, number]; distance: number }) {
    this.camera.position.fromArray(direction).multiplyScalar(distance * this.radius).add(this.controls.target);
    this.controls.update();
    this.draw();
  }

  private draw(): void {
    if (this.frame || this.gone) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      this.controls.update(); // glides on after a drag; asks for the next frame by its "change" event
      this.renderer.render(this.scene, this.camera);
      this.placeMark();
      this.onframe();
    });
  }

  dispose(): void {
    this.gone = true;
    cancelAnimationFrame(this.frame);
    this.observer.disconnect();
    this.controls.dispose();
    this.glbs.dispose();
    this.scene.environment?.dispose();
    for (const { own, plain } of this.clay.values()) for (const material of [own, plain].flat()) material.dispose();
    dispose(this.scene);
    this.renderer.dispose();
    this.renderer.forceContextLoss();
    this.canvas.remove();
  }
}
