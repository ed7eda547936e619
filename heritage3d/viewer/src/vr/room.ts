/** The room and the visit: what is drawn, what happens when something is pointed at. */

import { Color, Frustum, Group, MathUtils, Matrix4, PerspectiveCamera, Raycaster, Scene, Vector3, WebGLRenderer } from "three";
import { line } from "../iiif";
import { GlbReader } from "../glb";
import { Body, EYE_HEIGHT } from "./body";
import { Books } from "./books";
import { building } from "./building";
import { type Card, type PageCard, PictureCard, type Saying } from "./card";
import { Costs } from "./costs";
import { before, desk, type Desk } from "./desk";
import { Headset, type Pointer } from "./headset";
import { facts, Labels, otherTitle } from "./labels";
import { lettersOnTheWall, type Letters } from "./letters";
import { Marker } from "./marker";
import { Menu } from "./menu";
import type { Exhibit, Plan } from "./plan";
import { Pointing, type Target } from "./pointing";
import { Things, type Thing } from "./things";
import { Tiles } from "./tiles";
import { outlookOf, Tour } from "./tour";
import { say } from "./words";

const FIELD_OF_VIEW = 62;
const LOOK_EVERY_S = 0.15;
const CARD_AWAY = 1.25; // metres: then it spans 35 degrees
const CARD_ASIDE = 0.2; // radians: its far edge stays within 30 degrees of where one looks

export class Room {
  readonly renderer: WebGLRenderer;
  readonly scene = new Scene();
  readonly camera = new PerspectiveCamera(FIELD_OF_VIEW, 1, 0.03, 120);
  readonly body: Body;
  readonly things: Things;
  readonly tiles: Tiles;
  readonly costs: Costs;
  readonly headset: Headset;
  readonly marker = new Marker();
  tour: Tour | null = null;
  held: Thing | null = null;
  holder: Pointer | null = null;
  saying: Saying | null = null;
  onchange: () => void = () => {};
  readonly books: Books;
  private readonly labels: Labels;
  private readonly letters: Letters;
  private readonly pointing: Pointing;
  private readonly desk: Desk;
  private readonly picture = new PictureCard();
  private readonly menu = new Menu(this);
  private readonly observer: ResizeObserver;
  private readonly seen = new Matrix4();
  private last = 0;
  private sinceLook = Infinity;
  private stale = 3; // frames that are to be drawn

  /** Throws where the browser has no WebGL 2. */
  constructor(
    readonly plan: Plan,
    private readonly host: HTMLElement,
    private readonly page: PageCard,
  ) {
    this.renderer = new WebGLRenderer({ antialias: true, powerPreference: "high-performance" });
    this.renderer.setPixelRatio(Math.min(devicePixelRatio, 2));
    host.prepend(this.renderer.domElement);
    this.scene.background = new Color(0x0e0c0a);
    this.body = new Body(this.camera, plan);
    this.camera.rotation.order = "YXZ";
    this.camera.position.y = EYE_HEIGHT;
    this.headset = new Headset(this.renderer, this.body);
    const anisotropy = this.renderer.capabilities.getMaxAnisotropy();
    this.things = new Things(plan.objects, anisotropy, plan.light === "evening", new GlbReader(this.renderer));
    this.tiles = new Tiles(this.renderer, plan.tiles.side, plan.tiles.tiles, plan.objects.flatMap(({ panels }) => panels));
    this.labels = new Labels(plan);
    this.letters = lettersOnTheWall(plan);
    this.pointing = new Pointing(plan, this.things.all);
    this.pointing.also(this.picture.mesh, (at, uv) => ({ kind: "card", at, uv }));
    this.pointing.also(this.headset.puck, (at) => ({ kind: "puck", at }));
    const still = new Group().add(building(plan), this.labels.group, this.letters.mesh);
    this.scene.add(still, this.tiles.mesh, this.things.group, this.pointing.group, this.marker.ring, this.marker.frame, this.picture.mesh, this.body.rig);
    this.costs = new Costs(this.renderer, this.scene, plan.devices);
    this.books = new Books(plan, (open) => {
      this.tiles.show(open);
      this.pointing.show(open);
      this.sinceLook = Infinity;
      this.refresh();
    });
    this.desk = desk(this.renderer.domElement, this.body);
    this.desk.onpoint = (ray) => this.act(this.pointing.meet(ray, this.held), null);
    this.headset.onselect = (pointer, on, squeezed) => this.select(pointer, on, squeezed);
    this.headset.onenter = () => this.entered();
    this.headset.onleave = () => this.left();
    this.observer = new ResizeObserver(() => this.fit());
    this.observer.observe(host);
    this.fit();
    this.scene.updateMatrixWorld(true);
    this.renderer.setAnimationLoop((now) => this.frame(now));
  }

  private fit(): void {
    if (this.renderer.xr.isPresenting) return;
    const { clientWidth, clientHeight } = this.host;
    if (!clientWidth || !clientHeight) return;
    this.camera.fov = clientWidth < clientHeight ? 74 : FIELD_OF_VIEW;
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
    if (xr.isPresenting) this.point(seconds);
    else if (this.desk.move(seconds)) this.stale = 2;
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
    this.things.look(eye.at, this.held);
    this.tiles.look(eye);
    const after = this.things.all.map(({ shown }) => shown).join();
    if (this.tiles.pending || before !== after || after !== this.shownBefore) this.stale = Math.max(this.stale, 2);
    this.shownBefore = after;
  }
  private shownBefore = "";

  /** Draw again: something has changed that is not the view. */
  refresh(): void {
    this.stale = 3;
    this.onchange();
  }

  // --- what is pointed at ---------------------------------------------------------------------------------

  private point(seconds: number): void {
    this.headset.move(seconds);
    let floor: Vector3 | null = null;
    let button: (() => void) | null = null;
    for (const pointer of this.headset.pointers) {
      if (!pointer.connected) continue;
      const ray = pointer.ray();
      const target = this.holder === pointer ? null : this.pointing.meet(ray, this.held);
      this.headset.reach(pointer, target ? target.at.distanceTo(ray.ray.origin) : null);
      pointer.line.visible = this.holder !== pointer;
      if (target?.kind === "floor") floor = target.at;
      if (target?.kind === "card") button = this.picture.point(target.uv) ?? button;
    }
    if (!button && this.picture.mesh.visible) this.picture.point(null);
    if (this.tour) return; // the marker is the tour's
    if (!floor) return this.marker.hide();
    this.marker.point(this.body.standable(floor).setY(0.012), 0.16);
    this.marker.ring.rotation.set(-Math.PI / 2, 0, 0);
  }

  private select(pointer: Pointer, on: boolean, squeezed: boolean): void {
    if (this.holder === pointer && this.held) {
      // A squeeze holds while it lasts; a trigger takes and the next one gives back.
      if (squeezed ? !on : on) this.giveBack();
      return;
    }
    if (on) this.act(this.pointing.meet(pointer.ray(), this.held), pointer);
  }

  private act(target: Target | null, pointer: Pointer | null): void {
    if (!target) return;
    if (this.held && !pointer) return this.giveBack();
    if (target.kind === "floor") this.go(target.at);
    else if (target.kind === "thing") this.take(target.thing, pointer);
    else if (target.kind === "label") this.tell(target.exhibit);
    else if (target.kind === "stand") this.visit(target.exhibit);
    else if (target.kind === "page" && target.exhibit.kind === "lectern") this.books.turn(target.exhibit, target.panel);
    else if (target.kind === "page") this.tell(target.exhibit);
    else if (target.kind === "card") this.picture.point(target.uv)?.();
    else this.menu.toggle();
    this.refresh();
  }

  private go(at: Vector3, look?: Vector3, facing?: number): void {
    const to = this.body.standable(at);
    const yaw = facing ?? (look && Math.atan2(to.x - look.x, to.z - look.z));
    if (this.renderer.xr.isPresenting && this.headset.comfort.glide) {
      if (yaw !== undefined) this.body.face(yaw); // turning by itself is what makes people ill: that is a jump
      if (yaw !== undefined) this.headset.blink();
      this.body.glide(to);
    } else if (this.renderer.xr.isPresenting) {
      this.body.jump(to, yaw);
      this.headset.blink();
    } else {
      this.body.glide(to, yaw);
      if (look) this.camera.rotation.x = MathUtils.clamp(Math.atan2(look.y - EYE_HEIGHT, Math.hypot(look.x - to.x, look.z - to.z)), -1.1, 0.6);
    }
    this.stale = 3;
  }

  /** Stand before an exhibit. */
  visit(exhibit: Exhibit): void {
    const { stand, look, yaw } = outlookOf(exhibit);
    this.go(stand, look, yaw);
    this.refresh();
  }

  take(thing: Thing, pointer: Pointer | null): void {
    this.giveBack();
    this.held = thing;
    this.holder = pointer;
    if (pointer) {
      thing.take(pointer.space);
      thing.body.position.set(0, 0, -Math.max(0.14, thing.radius + 0.06));
    } else {
      thing.take(this.camera);
      let away = Math.max(0.12, (thing.radius / Math.tan(MathUtils.degToRad(this.camera.fov / 2))) * 1.35);
      const hold = () => thing.body.position.copy(before(this.body, away).at);
      hold();
      this.desk.onturn = (across, up) => {
        thing.body.rotateOnWorldAxis(new Vector3(0, 1, 0).applyQuaternion(this.camera.getWorldQuaternion(this.camera.quaternion.clone())), across);
        thing.body.rotateOnWorldAxis(new Vector3(1, 0, 0).applyQuaternion(this.camera.getWorldQuaternion(this.camera.quaternion.clone())), up);
        this.stale = 2;
      };
      this.desk.onwheel = (steps) => {
        away = MathUtils.clamp(away * 0.9 ** steps, thing.radius * 0.7 + 0.05, thing.radius * 12);
        hold();
        this.stale = 2;
      };
    }
    this.tell(thing.exhibit);
  }

  giveBack(): void {
    if (!this.held) return;
    this.held.giveBack();
    this.held = this.holder = null;
    this.desk.onturn = this.desk.onwheel = null;
    if (this.saying?.kind === "object") this.say(null);
    this.refresh();
  }

  // --- what is told ---------------------------------------------------------------------------------------

  /** Read the label of an exhibit. */
  tell(exhibit: Exhibit): void {
    const words = say();
    const thing = this.thingOf(exhibit);
    const act = thing === this.held ? { label: words.putBack, act: () => this.giveBack() } : { label: words.pickUp, act: () => thing && this.take(thing, this.holder) };
    this.say({
      kind: "object",
      title: line(exhibit.title),
      under: otherTitle(exhibit.title),
      facts: facts(exhibit),
      text: line(exhibit.summary).split("\n").filter(Boolean),
      note: exhibit.scale === "unknown" ? words.scaleUnknown : words.trueSize,
      link: { label: words.open, address: `index.html#/object/${encodeURIComponent(exhibit.id)}` },
      buttons: [...(thing && (!this.renderer.xr.isPresenting || this.held) ? [act] : []), { label: words.close, act: () => this.say(null) }],
    });
  }

  say(saying: Saying | null): void {
    this.saying = saying;
    const here: Card = this.renderer.xr.isPresenting ? this.picture : this.page;
    const there: Card = here === this.page ? this.picture : this.page;
    there.show(null);
    here.show(saying);
    if (saying && here === this.picture) this.hold(this.picture.mesh);
    this.refresh();
  }

  /** A card comes before the eyes, a little to the right, and stays there; before a wall it is nearer and smaller. */
  private hold(mesh: PictureCard["mesh"]): void {
    const head = this.body.head();
    const yaw = this.body.heading() - CARD_ASIDE;
    const away = Math.min(CARD_AWAY, Math.max(0.45, this.body.free(yaw) - 0.25));
    mesh.position.set(head.x - Math.sin(yaw) * away, head.y - 0.12, head.z - Math.cos(yaw) * away);
    mesh.rotation.set(0, yaw, 0);
    mesh.scale.setScalar(away / CARD_AWAY);
    mesh.updateMatrixWorld(true);
  }

  thingOf(exhibit: Exhibit): Thing | undefined {
    return this.things.all.find((thing) => thing.exhibit === exhibit);
  }

  // --- tours ----------------------------------------------------------------------------------------------

  startTour(number: number): void {
    if (!this.plan.tours[number]) return;
    this.giveBack();
    this.tour = new Tour(this.plan, number, (exhibit) => this.thingOf(exhibit));
    this.stepTour(1);
  }

  stepTour(by: number): void {
    const { tour } = this;
    if (!tour) return;
    tour.step(by);
    const { stand, look, yaw, spread } = tour.outlook();
    if (spread !== null) this.books.open(tour.exhibit, spread);
    this.go(stand, look, yaw);
    tour.mark(this.marker);
    this.tellTour();
  }

  private tellTour(): void {
    const { tour } = this;
    if (!tour) return;
    const words = say();
    const buttons = [
      ...(tour.at > 0 ? [{ label: words.previous, act: () => this.stepTour(-1) }] : []),
      ...(tour.at + 1 < tour.length ? [{ label: words.next, act: () => this.stepTour(1) }] : []),
      { label: words.endTour, act: () => this.endTour() },
    ];
    this.say({ ...tour.saying(), buttons });
  }

  endTour(): void {
    this.tour = null;
    this.marker.hide();
    this.say(null);
  }

  showMenu(kind: "menu" | "objects" | "help"): void {
    this.menu.show(kind);
  }

  /** The language has changed. */
  respeak(): void {
    this.labels.draw();
    this.letters.draw();
    if (this.tour) this.tellTour();
    else if (this.saying?.kind === "object") {
      const title = this.plan.objects.find((exhibit) => Object.values(exhibit.title).flat().includes(this.saying!.title));
      if (title) this.tell(title);
    } else if (this.saying) this.menu.show(this.saying.kind as "menu");
    this.refresh();
  }

  // --- the headset ----------------------------------------------------------------------------------------

  private entered(): void {
    this.giveBack();
    this.camera.rotation.set(0, 0, 0);
    this.page.show(null);
    this.saying = null;
    this.refresh();
  }

  private left(): void {
    this.giveBack();
    this.endTour();
    // The head is taken off: the body stays where it was, at the height of a standing visitor.
    this.body.rig.position.y = 0;
    this.camera.position.set(0, EYE_HEIGHT, 0);
    this.camera.rotation.set(0, 0, 0);
    this.fit();
    this.refresh();
  }

  /** Stand upright in front of the ray: for tests and for the keyboard. */
  pointAhead(): Target | null {
    const ray = new Raycaster();
    ray.set(this.body.head(), this.camera.getWorldDirection(new Vector3()));
    return this.pointing.meet(ray);
  }

  dispose(): void {
    this.renderer.setAnimationLoop(null);
    this.observer.disconnect();
    this.desk.dispose();
    this.things.dispose();
    this.tiles.dispose();
    this.picture.dispose();
    this.renderer.dispose();
  }
}
