/** Shows a place: a ring around a point, a frame around a part of a page, a ring on the floor. */

import { BufferAttribute, BufferGeometry, DoubleSide, DynamicDrawUsage, type Matrix4, Mesh, MeshBasicMaterial, RingGeometry, type Vector3 } from "three";

const ACCENT = 0xc8452c;

export class Marker {
  readonly ring = new Mesh(new RingGeometry(0.8, 1, 48), new MeshBasicMaterial({ color: ACCENT, transparent: true, opacity: 0.95, depthTest: false, side: DoubleSide }));
  readonly frame: Mesh;

  constructor() {
    const geometry = new BufferGeometry();
    geometry.setAttribute("position", new BufferAttribute(new Float32Array(16 * 3), 3).setUsage(DynamicDrawUsage));
    geometry.setIndex([0, 1, 2, 3].flatMap((side) => [0, 1, 2, 2, 1, 3].map((corner) => side * 4 + corner)));
    this.frame = new Mesh(geometry, new MeshBasicMaterial({ color: ACCENT, side: DoubleSide }));
    this.frame.frustumCulled = false;
    this.ring.renderOrder = 4;
    this.hide();
  }

  hide(): void {
    this.ring.visible = this.frame.visible = false;
  }

  /** Around a point; the ring looks at the visitor. */
  point(at: Vector3, radius: number): void {
    this.hide();
    this.ring.visible = true;
    this.ring.position.copy(at);
    this.ring.scale.setScalar(radius);
  }

  face(eye: Vector3): void {
    if (this.ring.visible) this.ring.lookAt(eye);
  }

  /** Around a part of a page: metres from its middle, left, right, bottom, top. */
  box(page: Matrix4, [left, right, bottom, top]: [number, number, number, number]): void {
    this.hide();
    this.frame.visible = true;
    const bar = Math.max(0.0008, 0.012 * Math.max(right - left, top - bottom));
    const sides = [
      [left - bar, right + bar, top, top + bar],
      [left - bar, right + bar, bottom - bar, bottom],
      [left - bar, left, bottom, top],
      [right, right + bar, bottom, top],
    ] as const;
    const positions = this.frame.geometry.attributes.position as BufferAttribute;
    sides.forEach(([x0, x1, y0, y1], side) => {
      [[x0, y0], [x1, y0], [x0, y1], [x1, y1]].forEach(([x, y], corner) => positions.setXYZ(side * 4 + corner, x!, y!, 0.0022));
    });
    positions.applyMatrix4(page);
    positions.needsUpdate = true;
  }
}
