/** The models of the room: light ones from afar, one in full beauty close by; they can be picked up. */

import { Box3, BoxGeometry, DirectionalLight, Group, HemisphereLight, Mesh, MeshBasicMaterial, type MeshStandardMaterial, type Object3D, Quaternion, Texture, Vector3 } from "three";
import { dispose, type GlbReader, UNPAINTED } from "../glb";
import { addressOf, type Exhibit } from "./plan";

const NEAR = 2.2; // metres: closer than this a model is shown in full
const FAR = 2.8; // and gives way again beyond this
const HOMEWARD_S = 0.45;
const RADIANS = Math.PI / 180;

/** Nothing is drawn of it, but rays meet it. */
export const unseen = (): MeshBasicMaterial => new MeshBasicMaterial({ visible: false });

export class Thing {
  /** Its place: here it stands, and here it comes back to. */
  readonly place = new Group();
  /** What is moved when it is picked up; origin in the middle of the object. */
  readonly body = new Group();
  /** What rays meet. */
  readonly hull: Mesh;
  readonly middle: Vector3;
  readonly radius: number;
  shown = -1; // the level that is in sight
  failed = false;
  private readonly levels: (Object3D | null)[] = [];
  private wanted = 0;
  private loading = false;
  private way: { from: Vector3; turned: Quaternion; scale: number; left: number } | null = null;

  constructor(
    readonly exhibit: Exhibit,
    readonly number: number,
    private readonly glbs: GlbReader,
    private readonly anisotropy: number,
  ) {
    const { least, greatest, factor, at, turn } = exhibit.model!;
    const box = new Box3(new Vector3(...least), new Vector3(...greatest));
    const size = box.getSize(new Vector3()).multiplyScalar(factor);
    this.middle = box.getCenter(new Vector3());
    this.radius = size.length() / 2;
    this.place.position.set(at[0], at[1] + size.y / 2, at[2]);
    this.place.rotation.y = turn * RADIANS;
    this.place.add(this.body);
    // A small thing is easier to point at than it is large.
    const hull = size.clone().max(new Vector3(0.06, 0.06, 0.06));
    this.hull = new Mesh(new BoxGeometry(hull.x, hull.y, hull.z), unseen());
    this.body.add(this.hull);
    this.levels = exhibit.model!.files.map(() => null);
  }

  /** A point of the file's own coordinates, in the room. */
  point(own: readonly number[]): Vector3 {
    const local = new Vector3(...own).sub(this.middle).multiplyScalar(this.exhibit.model!.factor);
    return this.body.localToWorld(local);
  }

  /** Show the light level, or the one for close by. */
  level(near: boolean): void {
    this.wanted = near ? this.levels.length - 1 : 0;
    if (!this.loading) void this.bring();
  }

  private async bring(): Promise<void> {
    while (this.wanted !== this.shown && !this.failed) {
      const wanted = this.wanted;
      this.loading = true;
      try {
        const loaded = this.levels[wanted] ?? (await this.load(wanted));
        this.levels[wanted] = loaded;
        for (const level of this.levels) if (level && level !== loaded) level.removeFromParent();
        this.body.add(loaded);
        // The heavy level is forgotten when it is left: one of them at a time is in memory.
        for (let at = 1; at < this.levels.length; at += 1) {
          const level = this.levels[at];
          if (level && at !== wanted) {
            dispose(level);
            this.levels[at] = null;
          }
        }
        this.shown = wanted;
      } catch {
        this.failed = this.shown < 0;
        this.wanted = this.shown;
        break;
      } finally {
        this.loading = false;
      }
    }
  }

  private async load(level: number): Promise<Object3D> {
    const { files, factor } = this.exhibit.model!;
    const scene = await this.glbs.read(addressOf(files[level]!.address));
    const holder = new Group();
    holder.add(scene);
    scene.position.copy(this.middle).multiplyScalar(-factor);
    scene.scale.setScalar(factor);
    scene.traverse((node) => {
      if (!(node instanceof Mesh)) return;
      const material = node.material as MeshStandardMaterial;
      // A file without a material draws as metal, which only mirrors: there is nothing to mirror here.
      material.metalness = Math.min(material.metalness ?? 0, 0.25);
      if (!material.map && !node.geometry.attributes.color && material.color?.getHex() === 0xffffff) material.color.copy(UNPAINTED);
      for (const value of Object.values(material)) if (value instanceof Texture) value.anisotropy = this.anisotropy;
    });
    return holder;
  }

  /** Into a hand, which is any node of the scene; it stays where it is, relative to the hand. */
  take(hand: Object3D): void {
    this.way = null;
    hand.attach(this.body);
  }

  /** Back to its place, without haste. */
  giveBack(): void {
    this.place.attach(this.body);
    this.way = { from: this.body.position.clone(), turned: this.body.quaternion.clone(), scale: this.body.scale.x, left: 1 };
  }

  get home(): boolean {
    return this.body.parent === this.place && !this.way;
  }

  move(seconds: number): void {
    if (!this.way) return;
    this.way.left = Math.max(0, this.way.left - seconds / HOMEWARD_S);
    const left = this.way.left * this.way.left * (3 - 2 * this.way.left);
    this.body.position.copy(this.way.from).multiplyScalar(left);
    this.body.quaternion.copy(this.way.turned).slerp(new Quaternion(), 1 - left);
    this.body.scale.setScalar(1 + (this.way.scale - 1) * left);
    if (!this.way.left) this.way = null;
  }

  dispose(): void {
    for (const level of this.levels) if (level) dispose(level);
    this.hull.geometry.dispose();
    (this.hull.material as MeshBasicMaterial).dispose();
  }
}

export class Things {
  readonly group = new Group();
  readonly all: Thing[] = [];
  private close: Thing | null = null;

  constructor(exhibits: Exhibit[], anisotropy: number, evening: boolean, private readonly glbs: GlbReader) {
    exhibits.forEach((exhibit, number) => {
      if (!exhibit.model) return;
      const thing = new Thing(exhibit, number, glbs, Math.min(4, anisotropy));
      this.all.push(thing);
      this.group.add(thing.place);
      thing.level(false);
    });
    // A lamp from above left, as in the reading room, and what walls and floor give back.
    const sun = new DirectionalLight(0xfff4e2, evening ? 2.4 : 2.2);
    sun.position.set(-1.2, 3, 2);
    this.group.add(sun, new HemisphereLight(0xfffaf2, 0x8d7f6c, evening ? 0.7 : 1.25));
  }

  /** Show the nearest thing, or the one in the hand, in full. */
  look(eye: Vector3, held: Thing | null): void {
    let best: Thing | null = held;
    if (!best) {
      let least = this.close ? FAR : NEAR;
      for (const thing of this.all) {
        const distance = thing.place.position.distanceTo(eye) - (thing === this.close ? 0.3 : 0);
        if (distance < least) [least, best] = [distance, thing];
      }
    }
    if (best === this.close) return;
    this.close?.level(false);
    best?.level(true);
    this.close = best;
  }

  dispose(): void {
    for (const thing of this.all) thing.dispose();
    this.glbs.dispose();
  }
}
