/** A section plane through a model: cuts it open, draws the profile that the plane meets and fills what is inside. */

import { BufferGeometry, DoubleSide, Float32BufferAttribute, LineBasicMaterial, LineSegments, type Material, Mesh, Plane, Vector3 } from "three";
import { type Axis, Cap } from "./cap";
import { h } from "./dom";
import type { ModelScene } from "./scene";
import { length, t } from "./texts";

const AXES: Axis[] = ["x", "y", "z"];

export class Section {
  readonly element = h("div", { class: "section", hidden: true, role: "group", "aria-label": t.section });
  private readonly axis = h("select", { "aria-label": t.sectionAxis });
  private readonly at = h("input", { type: "range", min: 0, max: 100, step: 0.5, value: 50, "aria-label": t.sectionPlace });
  private readonly said = h("output", { class: "ends" });
  private readonly plane = new Plane();
  private readonly profile = new LineSegments(new BufferGeometry(), new LineBasicMaterial({ color: 0xc23a22, depthTest: false }));
  private readonly cap = new Cap();
  private readonly sides = new Map<Material, Material["side"]>();
  private flipped = false;
  private waiting = 0;

  /** `scaleKnown` says whether lengths mean millimetres. */
  constructor(
    private readonly scene: ModelScene,
    private readonly scaleKnown: () => boolean,
  ) {
    for (const axis of AXES) this.axis.append(h("option", { value: axis, selected: axis === "x" }, t.sectionAxes[axis]!));
    const turn = h("button", { type: "button" }, t.sectionTurn);
    turn.addEventListener("click", () => {
      this.flipped = !this.flipped;
      this.cut();
      this.face();
    });
    this.axis.addEventListener("change", () => {
      this.cut();
      this.face();
    });
    this.at.addEventListener("input", () => this.soon());
    this.element.append(h("div", { class: "row" }, this.axis, turn), this.at, this.said);
    this.profile.frustumCulled = false;
    this.profile.renderOrder = 3;
  }

  turn(on: boolean): void {
    this.element.hidden = !on;
    this.cut();
    if (on) this.face();
  }

  /** Look at the cut from the side that was taken away, a little aslant. */
  private face(): void {
    const from = { x: 0.35, y: 0.3, z: 0.85 };
    const axis = this.axis.value as Axis;
    from[axis] = this.flipped ? -0.75 : 0.75;
    this.scene.look = { direction: new Vector3(from.x, from.y, from.z).normalize().toArray(), distance: this.scene.look.distance };
  }

  /** Once a frame is enough: a plane through a million triangles takes its time. */
  private soon(): void {
    this.waiting ||= requestAnimationFrame(() => {
      this.waiting = 0;
      this.cut();
    });
  }

  /** Cut what is shown now; to be called again when another level has come. */
  cut(): void {
    const on = !this.element.hidden;
    for (const [material, side] of this.sides) Object.assign(material, { clippingPlanes: null, side, needsUpdate: true });
    this.sides.clear();
    if (on) this.place();
    for (const material of on ? this.scene.materials() : []) {
      this.sides.set(material, material.side);
      Object.assign(material, { clippingPlanes: [this.plane], side: DoubleSide, needsUpdate: true });
    }
    this.draw(on);
    this.scene.redraw();
  }

  private place(): void {
    const axis = this.axis.value as Axis;
    const { min, max } = this.scene.box();
    const share = Number(this.at.value) / 100;
    const value = min[axis] + (max[axis] - min[axis]) * share;
    this.plane.normal.set(0, 0, 0)[axis] = this.flipped ? 1 : -1;
    this.plane.constant = this.flipped ? -value : value;
    const mm = (max[axis] - min[axis]) * share * 1000;
    this.said.textContent = this.scaleKnown() ? length(mm) : `${Math.round(share * 100)} % · ${t.scaleUnknown}`;
    this.at.setAttribute("aria-valuetext", this.said.textContent);
  }

  private draw(on: boolean): void {
    this.profile.geometry.dispose();
    this.profile.geometry = new BufferGeometry();
    this.profile.removeFromParent();
    this.cap.group.removeFromParent();
    if (!on) return;
    const points = this.scene.meshes().flatMap((mesh) => profileOf(mesh, this.plane));
    this.profile.geometry.setAttribute("position", new Float32BufferAttribute(points, 3));
    const axis = this.axis.value as Axis;
    this.cap.fill(points, axis, this.plane.constant * -this.plane.normal[axis], this.scene.box());
    this.scene.add(this.cap.group);
    this.scene.add(this.profile);
    this.element.dataset.lines = String(points.length / 6);
    this.element.dataset.closed = String(this.cap.closed);
  }

  dispose(): void {
    cancelAnimationFrame(this.waiting);
    this.cap.dispose();
    this.profile.geometry.dispose();
    (this.profile.material as LineBasicMaterial).dispose();
    this.element.remove();
  }
}

/** The segments in which a plane meets the triangles of a mesh, six numbers each, in the scene's coordinates. */
function profileOf(mesh: Mesh, plane: Plane): number[] {
  const { index, attributes } = mesh.geometry;
  const position = attributes.position;
  if (!position || !mesh.visible) return [];
  mesh.updateWorldMatrix(true, false);
  // Heights over the plane of all corners once: most triangles lie on one side and are done with.
  const corner = new Vector3();
  const heights = new Float32Array(position.count);
  for (let at = 0; at < position.count; at++) heights[at] = plane.distanceToPoint(corner.fromBufferAttribute(position, at).applyMatrix4(mesh.matrixWorld));
  const found: number[] = [];
  const [a, b] = [new Vector3(), new Vector3()];
  const count = index ? index.count : position.count;
  for (let first = 0; first + 2 < count; first += 3) {
    const corners = [0, 1, 2].map((step) => (index ? index.getX(first + step) : first + step));
    const above = corners.map((at) => heights[at]! >= 0);
    if (above[0] === above[1] && above[1] === above[2]) continue;
    for (const [from, to] of [[0, 1], [1, 2], [2, 0]] as const) {
      if (above[from] === above[to]) continue;
      // From below upwards on both sides of an edge: neighbours reckon the very same point.
      const [p, q] = above[from] ? [corners[to]!, corners[from]!] : [corners[from]!, corners[to]!];
      const share = heights[p]! / (heights[p]! - heights[q]!);
      a.fromBufferAttribute(position, p).applyMatrix4(mesh.matrixWorld);
      b.fromBufferAttribute(position, q).applyMatrix4(mesh.matrixWorld);
      a.lerp(b, share);
      found.push(a.x, a.y, a.z);
    }
  }
  return found;
}
