/** What is drawn of the room, and when: every frame in a headset, on a screen only where something has changed. */

import { Color, Frustum, Group, Matrix4, PerspectiveCamera, Scene, WebGLRenderer } from "three";
import { GlbReader } from "../glb";
import { Body, EYE_HEIGHT } from "./body";
import { building } from "./building";
import { Costs } from "./costs";
import { Labels } from "./labels";
import { lettersOnTheWall, type Letters } from "./letters";
import { Marker } from "./marker";
import type { Plan } from "./plan";
import { Things, type Thing } from "./things";
import { Tiles } from "./tiles";

const FIELD_OF_VIEW = 62; // degrees
const NARROWEST = 14; // of the field, where one leans towards something small
const LOOK_EVERY_S = 0.15;

export abstract class Drawing {
  readonly renderer: WebGLRenderer;
  readonly scene = new Scene();
  readonly camera = new PerspectiveCamera(FIELD_OF_VIEW, 1, 0.03, 120);
  readonly body: Body;
  readonly things: Things;
  readonly tiles: Tiles;
  readonly costs: Costs;
  readonly marker = new Marker();
  protected readonly labels: Labels;
  protected readonly letters: Letters;
  protected stale = 3; // frames that are to be drawn
  protected widest = FIELD_OF_VIEW; // of the field in this window
  private field = Infinity; // that is wanted on a screen
  private readonly observer: ResizeObserver;
  private readonly seen = new Matrix4();
  private last = 0;
  private sinceLook = Infinity;
  private shownBefore = "";

  /** Throws where the browser has no WebGL 2. */
  constructor(
    readonly plan: Plan,
    private readonly host: HTMLElement,
  ) {
    this.renderer = new WebGLRenderer({ antialias: true, powerPreference: "high-performance" });
    this.renderer.setPixelRatio(Math.min(devicePixelRatio, 2));
    host.prepend(this.renderer.domElement);
    this.scene.background = new Color(0x0e0c0a);
    this.body = new Body(this.camera, plan);
    this.camera.rotation.order = "YXZ";
    this.camera.position.y = EYE_HEIGHT;
    const anisotropy = this.renderer.capabilities.getMaxAnisotropy();
    this.things = new Things(plan.objects, anisotropy, plan.light === "evening", new GlbReader(this.renderer));
    this.tiles = new Tiles(this.renderer, plan.tiles.side, plan.tiles.tiles, plan.objects.flatMap(({ panels }) => panels));
    this.labels = new Labels(plan);
    this.letters = lettersOnTheWall(plan);
    const still = new Group().add(building(plan), this.labels.group, this.letters.mesh);
    this.scene.add(still, this.tiles.mesh, this.things.group, this.marker.ring, this.marker.frame, this.body.rig);
    this.costs = new Costs(this.renderer, this.scene, plan.devices);
    this.observer = new ResizeObserver(() => this.fit());
    this.observer.observe(host);
  }

  /** The thing in the visitor's hand. */
  protected abstract get kept(): Thing | null;

  /** Before every frame: what visitor and hands do. */
  protected abstract before(seconds: number, presenting: boolean): void;

  /** From now on frames are drawn. */
  protected begin(): void {
    this.fit();
    this.scene.updateMatrixWorld(true);
    this.renderer.setAnimationLoop((now) => this.frame(now));
  }

  protected fit(): void {
    if (this.renderer.xr.isPresenting) return;
    const { clientWidth, clientHeight } = this.host;
    if (!clientWidth || !clientHeight) return;
    this.widest = clientWidth < clientHeight ? 74 : FIELD_OF_VIEW;
    this.camera.fov = this.wanted;
    this.camera.aspect = clientWidth / clientHeight;
    this.camera.updateProjectionMatrix();
    this.renderer.setSize(clientWidth, clientHeight, false);
    this.stale = 2;
  }

  // --- every frame ----------------------------------------------------------------------------------------

  private frame(now: number): void {
    const seconds = Math.min((now - this.last) / 1000, 0.25);
    this.last = now;
    const { xr } = this.renderer;
    this.before(seconds, xr.isPresenting);
    if (!xr.isPresenting) this.leaning(seconds);
    if (this.body.gliding) this.stale = 2;
    this.body.move(seconds);
    for (const thing of this.things.all) {
      if (!thing.home) this.stale = 2;
      thing.move(seconds);
    }
    this.tiles.upload();
    this.sinceLook += seconds;
    if (this.sinceLook > LOOK_EVERY_S) this.look();
    this.body.rig.updateMatrixWorld(true);
    const moved = !this.seen.equals(this.camera.matrixWorld);
    if (!xr.isPresenting && !moved && this.stale <= 0) return; // nothing has changed: no battery is spent
    this.seen.copy(this.camera.matrixWorld);
    this.stale -= 1;
    this.marker.face(this.body.head());
    this.renderer.render(this.scene, this.camera);
    this.costs.count();
  }

  private get wanted(): number {
    return Math.min(this.widest, Math.max(NARROWEST, this.field));
  }

  /**
   * On a screen, where nobody can bring his face nearer: look with a field of so many degrees, soon; without a number
   * as widely as ever. A headset's field is its own.
   */
  protected lean(degrees = Infinity): void {
    this.field = degrees;
    this.refresh();
  }

  private leaning(seconds: number): void {
    const rest = this.wanted - this.camera.fov;
    if (!rest) return;
    this.camera.fov = Math.abs(rest) < 0.05 ? this.wanted : this.camera.fov + rest * Math.min(1, seconds * 5);
    this.camera.updateProjectionMatrix();
    this.stale = 2;
  }

  /** A few times a second: which tiles and levels are wanted from here. */
  private look(): void {
    this.sinceLook = 0;
    const { xr } = this.renderer;
    const camera = xr.isPresenting ? xr.getCamera() : this.camera;
    const one = xr.isPresenting ? (xr.getCamera().cameras[0] ?? this.camera) : this.camera;
    const rows = xr.isPresenting ? ((one as PerspectiveCamera & { viewport?: { w: number } }).viewport?.w ?? 1800) : this.renderer.domElement.height;
    const eye = {
      at: this.body.head(),
      sees: new Frustum().setFromProjectionMatrix(new Matrix4().multiplyMatrices(camera.projectionMatrix, camera.matrixWorldInverse)),
      pixel: 2 / (one.projectionMatrix.elements[5]! * Math.max(rows, 1)),
    };
    const before = this.things.all.map(({ shown }) => shown).join();
    this.things.look(eye.at, this.kept);
    this.tiles.look(eye);
    const after = this.things.all.map(({ shown }) => shown).join();
    if (this.tiles.pending || before !== after || after !== this.shownBefore) this.stale = Math.max(this.stale, 2);
    this.shownBefore = after;
  }

  /** Draw again: something has changed that is not the view. */
  refresh(): void {
    this.stale = 3;
  }

  /** Which tiles and levels are wanted is asked in the next frame. */
  protected lookAgain(): void {
    this.sinceLook = Infinity;
    this.refresh();
  }

  dispose(): void {
    this.renderer.setAnimationLoop(null);
    this.observer.disconnect();
    this.things.dispose();
    this.tiles.dispose();
    this.renderer.dispose();
  }
}
