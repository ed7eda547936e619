/** The visit: what happens when something in the room is pointed at, held, told or toured. */

import { MathUtils, Raycaster, Vector3 } from "three";
import { line } from "../iiif";
import { EYE_HEIGHT } from "./body";
import { Books } from "./books";
import { type Card, type PageCard, PictureCard, type Saying } from "./card";
import { before, desk, type Desk } from "./desk";
import { Drawing } from "./drawing";
import { Headset, type Pointer } from "./headset";
import { facts, otherTitle } from "./labels";
import { Menu } from "./menu";
import type { Exhibit, Plan } from "./plan";
import { Pointing, type Target } from "./pointing";
import type { Thing } from "./things";
import { fieldFor, outlookOf, Tour } from "./tour";
import { say } from "./words";

const CARD_AWAY = 1.25; // metres: then it spans 35 degrees
const CARD_ASIDE = 0.2; // radians: its far edge stays within 30 degrees of where one looks

export class Room extends Drawing {
  readonly headset: Headset;
  tour: Tour | null = null;
  held: Thing | null = null;
  holder: Pointer | null = null;
  saying: Saying | null = null;
  readonly books: Books;
  private readonly pointing: Pointing;
  private readonly desk: Desk;
  private readonly picture = new PictureCard();
  private readonly menu = new Menu(this);

  /** Throws where the browser has no WebGL 2. */
  constructor(
    plan: Plan,
    host: HTMLElement,
    private readonly page: PageCard,
  ) {
    super(plan, host);
    this.headset = new Headset(this.renderer, this.body);
    this.pointing = new Pointing(plan, this.things.all);
    this.pointing.also(this.picture.mesh, (at, uv) => ({ kind: "card", at, uv }));
    this.pointing.also(this.headset.puck, (at) => ({ kind: "puck", at }));
    this.scene.add(this.pointing.group, this.picture.mesh);
    this.books = new Books(plan, (open) => {
      this.tiles.show(open);
      this.pointing.show(open);
      this.lookAgain();
    });
    this.desk = desk(this.renderer.domElement, this.body);
    this.desk.onpoint = (ray) => this.act(this.pointing.meet(ray, this.held), null);
    this.headset.onselect = (pointer, on, squeezed) => this.select(pointer, on, squeezed);
    this.headset.onenter = () => this.entered();
    this.headset.onleave = () => this.left();
    this.begin();
  }

  protected get kept(): Thing | null {
    return this.held;
  }

  protected before(seconds: number, presenting: boolean): void {
    if (presenting) this.point(seconds);
    else if (this.desk.move(seconds)) this.lean(); // whoever walks on looks around
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
    if (target.kind === "floor") {
      this.lean();
      this.go(target.at);
    }
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
    this.lean(fieldFor(exhibit, this.camera.aspect));
  }

  take(thing: Thing, pointer: Pointer | null): void {
    this.giveBack();
    this.lean();
    this.held = thing;
    this.holder = pointer;
    if (pointer) {
      thing.take(pointer.space);
      thing.body.position.set(0, 0, -Math.max(0.14, thing.radius + 0.06));
    } else {
      thing.take(this.camera);
      let away = Math.max(0.12, (thing.radius / Math.tan(MathUtils.degToRad(this.widest / 2))) * 1.35);
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
    this.lean(fieldFor(tour.exhibit, this.camera.aspect));
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

  override dispose(): void {
    this.desk.dispose();
    this.picture.dispose();
    super.dispose();
  }
}
