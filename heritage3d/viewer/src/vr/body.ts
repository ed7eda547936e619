/** The visitor's body: where one stands, where one can go, how one gets there. */

import { Group, MathUtils, type PerspectiveCamera, Vector3 } from "three";
import type { Plan } from "./plan";

const GIRTH = 0.28; // metres kept from walls and plinths
const GLIDE_S = 0.7; // at least, and at this pace over longer ways
const GLIDE_METRES_PER_S = 2.2;
export const EYE_HEIGHT = 1.62;
const SEATED_EYE = 1.5; // what a seated visitor is lifted to, if lower

interface Obstacle {
  x: number;
  z: number;
  turn: number;
  halfWidth: number;
  halfDepth: number;
}

export class Body {
  /** Carries the camera; moving it moves the visitor. */
  readonly rig = new Group();
  private readonly obstacles: Obstacle[] = [];
  private way: { from: Vector3; to: Vector3; yaw: [number, number]; done: number; seconds: number } | null = null;
  /** How fast the view moves by itself, 0 to 1: what the vignette follows. */
  haste = 0;

  constructor(
    readonly camera: PerspectiveCamera,
    private readonly plan: Plan,
  ) {
    this.rig.add(camera);
    this.rig.position.set(plan.start[0], 0, plan.start[1]);
    for (const { stand } of plan.objects) {
      if (stand) this.obstacles.push({ x: stand.at[0], z: stand.at[1], turn: MathUtils.degToRad(stand.turn), halfWidth: stand.size[0] / 2, halfDepth: stand.size[2] / 2 });
    }
  }

  /** Where the head is, in the room. */
  head(): Vector3 {
    return this.camera.getWorldPosition(new Vector3());
  }

  /** The nearest place to stand: inside the walls, outside of what stands there. */
  standable(to: Vector3): Vector3 {
    const [width, , depth] = this.plan.size;
    const place = new Vector3(to.x, 0, to.z);
    for (let round = 0; round < 2; round += 1) {
      for (const { x, z, turn, halfWidth, halfDepth } of this.obstacles) {
        const [s, c] = [Math.sin(turn), Math.cos(turn)];
        const [dx, dz] = [place.x - x, place.z - z];
        let [u, v] = [dx * c - dz * s, dx * s + dz * c];
        const [a, b] = [halfWidth + GIRTH, halfDepth + GIRTH];
        if (Math.abs(u) >= a || Math.abs(v) >= b) continue;
        if (a - Math.abs(u) < b - Math.abs(v)) u = Math.sign(u || 1) * a;
        else v = Math.sign(v || 1) * b;
        place.set(x + u * c + v * s, 0, z - u * s + v * c);
      }
      place.x = MathUtils.clamp(place.x, -width / 2 + GIRTH, width / 2 - GIRTH);
      place.z = MathUtils.clamp(place.z, -depth / 2 + GIRTH, depth / 2 - GIRTH);
    }
    return place;
  }

  /** Stand there at once: the head comes over the place, wherever it is in the visitor's own room. */
  jump(to: Vector3, yaw?: number): void {
    this.way = null;
    if (yaw !== undefined) this.face(yaw);
    const head = this.head();
    const place = this.standable(to);
    this.rig.position.x += place.x - head.x;
    this.rig.position.z += place.z - head.z;
    this.rig.updateMatrixWorld(true);
  }

  /** Go there in a smooth way; `yaw` in radians is where one looks then, for a head that is in the middle of the rig. */
  glide(to: Vector3, yaw?: number): void {
    const from = this.rig.position.clone();
    const own = this.rig.rotation.y;
    const turned = yaw === undefined ? own : own + nearer(yaw - this.heading());
    const place = this.standable(to).sub(yaw === undefined ? this.head().sub(from) : new Vector3()).setY(from.y);
    const seconds = Math.max(GLIDE_S, yaw === undefined ? from.distanceTo(place) / GLIDE_METRES_PER_S : 0);
    this.way = { from, to: place, yaw: [own, turned], done: 0, seconds };
  }

  /** Look that way at once, without a step. */
  face(yaw: number): void {
    this.turn(MathUtils.radToDeg(nearer(yaw - this.heading())));
  }

  /** Metres from the head to the wall in that direction. */
  free(yaw: number): number {
    const [width, , depth] = this.plan.size;
    const { x, z } = this.head();
    const [dx, dz] = [-Math.sin(yaw), -Math.cos(yaw)];
    const to = (at: number, way: number, half: number) => (Math.abs(way) < 1e-6 ? Infinity : (Math.sign(way) * half - at) / way);
    return Math.max(0, Math.min(to(x, dx, width / 2), to(z, dz, depth / 2)));
  }

  get gliding(): boolean {
    return this.way !== null;
  }

  /** One step of walking, in metres, relative to where one looks. */
  walk(forward: number, aside: number): void {
    this.way = null;
    const yaw = this.heading();
    const head = this.head();
    const to = new Vector3(head.x - Math.sin(yaw) * forward + Math.cos(yaw) * aside, 0, head.z - Math.cos(yaw) * forward - Math.sin(yaw) * aside);
    const place = this.standable(to);
    this.rig.position.x += place.x - head.x;
    this.rig.position.z += place.z - head.z;
    this.haste = 1;
  }

  /** Turn around the own head, in degrees to the left. */
  turn(degrees: number): void {
    const head = this.head();
    this.rig.rotation.y += MathUtils.degToRad(degrees);
    this.rig.updateMatrixWorld(true);
    const after = this.head();
    this.rig.position.x += head.x - after.x;
    this.rig.position.z += head.z - after.z;
    this.rig.updateMatrixWorld(true);
  }

  /** The angle around y in which one looks: 0 is north. */
  heading(): number {
    const ahead = this.camera.getWorldDirection(new Vector3());
    return Math.atan2(-ahead.x, -ahead.z);
  }

  /** Lift a seated visitor to the height of standing eyes. */
  seat(seated: boolean): void {
    const own = this.camera.position.y;
    this.rig.position.y = seated ? Math.max(0, SEATED_EYE - own) : 0;
  }

  move(seconds: number): void {
    this.haste = Math.max(0, this.haste - seconds * 4);
    if (!this.way) return;
    this.way.done = Math.min(1, this.way.done + seconds / this.way.seconds);
    const share = this.way.done * this.way.done * (3 - 2 * this.way.done);
    this.rig.position.lerpVectors(this.way.from, this.way.to, share);
    this.rig.rotation.y = MathUtils.lerp(this.way.yaw[0], this.way.yaw[1], share);
    this.rig.updateMatrixWorld(true);
    this.haste = 1;
    if (this.way.done === 1) this.way = null;
  }
}

/** The same turn, from -180 to 180 degrees (radians). */
const nearer = (turn: number): number => MathUtils.euclideanModulo(turn + Math.PI, 2 * Math.PI) - Math.PI;
