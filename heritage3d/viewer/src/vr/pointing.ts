/** What a ray meets first: the floor, an object, a label, a page, a plinth. */

import { BoxGeometry, Group, Mesh, PlaneGeometry, type Raycaster, Vector2, Vector3 } from "three";
import { placed } from "./labels";
import { type Exhibit, type Panel, type Plan } from "./plan";
import { unseen, type Thing } from "./things";

export type Target =
  | { kind: "floor"; at: Vector3 }
  | { kind: "thing"; at: Vector3; thing: Thing }
  | { kind: "label" | "stand"; at: Vector3; exhibit: Exhibit }
  | { kind: "page"; at: Vector3; exhibit: Exhibit; panel: Panel }
  | { kind: "card"; at: Vector3; uv: Vector2 }
  | { kind: "puck"; at: Vector3 };

const REACH = 14;

export class Pointing {
  /** Holds what is never drawn. */
  readonly group = new Group();
  private readonly hulls = new Map<Mesh, (at: Vector3, uv: Vector2) => Target>();
  private readonly pages: { mesh: Mesh; panel: Panel }[] = [];

  constructor(
    private readonly plan: Plan,
    things: Thing[],
  ) {
    for (const exhibit of plan.objects) {
      const { label, stand, panels } = exhibit;
      this.flat(label.at, label.turn, label.tilt, label.size, (at) => ({ kind: "label", at, exhibit }));
      for (const panel of panels) {
        const mesh = this.flat(panel.at, panel.turn, panel.tilt, panel.size, (at) => ({ kind: "page", at, exhibit, panel }));
        this.pages.push({ mesh, panel });
      }
      if (!stand) continue;
      const [w, h, d] = stand.size;
      const box = new Mesh(new BoxGeometry(w, h - 0.16, d), unseen());
      box.applyMatrix4(placed([stand.at[0], (h - 0.16) / 2, stand.at[1]], stand.turn));
      this.add(box, (at) => ({ kind: "stand", at, exhibit }));
    }
    for (const thing of things) this.hulls.set(thing.hull, (at) => ({ kind: "thing", at, thing }));
  }

  private flat(at: readonly number[], turn: number, tilt: number, size: [number, number], target: (at: Vector3, uv: Vector2) => Target): Mesh {
    const mesh = new Mesh(new PlaneGeometry(size[0], size[1]), unseen());
    mesh.applyMatrix4(placed(at, turn, tilt));
    this.add(mesh, target);
    return mesh;
  }

  private add(mesh: Mesh, target: (at: Vector3, uv: Vector2) => Target): void {
    this.group.add(mesh);
    this.hulls.set(mesh, target);
  }

  /** Something that is drawn by others and can be pointed at. */
  also(mesh: Mesh, target: (at: Vector3, uv: Vector2) => Target): void {
    this.hulls.set(mesh, target);
  }

  /** Only pages that are open can be met. */
  show(wanted: (panel: Panel) => boolean): void {
    for (const { mesh, panel } of this.pages) {
      if (wanted(panel)) this.group.add(mesh);
      else mesh.removeFromParent();
    }
  }

  meet(ray: Raycaster, except?: Thing | null): Target | null {
    const meshes = [...this.hulls.keys()].filter((mesh) => mesh.visible && mesh.parent && mesh !== except?.hull);
    const hit = ray.intersectObjects(meshes, false)[0];
    const { origin, direction } = ray.ray;
    const down = direction.y < -0.02 ? -origin.y / direction.y : Infinity;
    if (hit && hit.distance < Math.min(down, REACH)) return this.hulls.get(hit.object as Mesh)!(hit.point, hit.uv ?? new Vector2());
    if (down > REACH) return null;
    const at = origin.clone().addScaledVector(direction, down);
    const [width, , depth] = this.plan.size;
    if (Math.abs(at.x) > width / 2 || Math.abs(at.z) > depth / 2) return null; // beyond a wall
    return { kind: "floor", at };
  }
}
