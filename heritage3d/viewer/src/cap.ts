/**
 * The cut through a model as a filled surface. Every closed line of the profile is drawn as a fan of triangles that
 * turn a bit of the stencil over; where it is on in the end is inside (even-odd), and only there the cap is painted.
 * A line that does not close is no outline of anything: a hole in the scan, or one whose filling is hidden.
 */

import { AlwaysStencilFunc, type Box3, BufferGeometry, DoubleSide, Float32BufferAttribute, Group, InvertStencilOp, Mesh, MeshBasicMaterial, NotEqualStencilFunc, ShaderMaterial, ZeroStencilOp } from "three";

export type Axis = "x" | "y" | "z";

export class Cap {
  readonly group = new Group();
  /** Segments of the profile that close to outlines. */
  closed = 0;
  private readonly fan = new Mesh(new BufferGeometry(), stencil());
  private readonly face = new Mesh(new BufferGeometry(), hatching());

  constructor() {
    this.group.add(this.fan, this.face);
    [this.fan.renderOrder, this.face.renderOrder] = [1, 2];
    for (const mesh of [this.fan, this.face]) mesh.frustumCulled = false;
  }

  /** `profile`: six numbers a segment, all at the place `value` on an axis; `box` is around the model. */
  fill(profile: number[], axis: Axis, value: number, box: Box3): void {
    const outlines = closedOnly(profile);
    this.closed = outlines.length / 6;
    const fan: number[] = [];
    for (let at = 0; at < outlines.length; at += 6) fan.push(...outlines.slice(0, 3), ...outlines.slice(at, at + 6));
    const [a, b] = (["x", "y", "z"] as const).filter((other) => other !== axis) as [Axis, Axis];
    const corner = (u: number, v: number) => {
      const point = { x: value, y: value, z: value };
      [point[a], point[b]] = [u, v];
      return [point.x, point.y, point.z];
    };
    const { min, max } = box;
    const [p, q, r, s] = [corner(min[a], min[b]), corner(max[a], min[b]), corner(min[a], max[b]), corner(max[a], max[b])];
    for (const [mesh, points] of [[this.fan, fan], [this.face, [p, q, r, r, q, s].flat()]] as const) {
      mesh.geometry.dispose();
      mesh.geometry = new BufferGeometry().setAttribute("position", new Float32BufferAttribute(points, 3));
    }
  }

  dispose(): void {
    this.group.removeFromParent();
    for (const { geometry, material } of [this.fan, this.face]) {
      geometry.dispose();
      material.dispose();
    }
  }
}

/** The segments that belong to closed lines: every end in one piece is met an even number of times. */
function closedOnly(profile: number[]): number[] {
  const names = new Map<string, number>();
  const [parent, degree]: [number[], number[]] = [[], []];
  const root = (node: number): number => (parent[node] === node ? node : (parent[node] = root(parent[node]!)));
  const node = (at: number) => {
    const key = `${profile[at]},${profile[at + 1]},${profile[at + 2]}`; // neighbours reckon the very same numbers
    let number = names.get(key);
    if (number === undefined) {
      names.set(key, (number = parent.length));
      parent.push(number);
      degree.push(0);
    }
    degree[number]! += 1;
    return number;
  };
  const ends: number[] = [];
  for (let at = 0; at < profile.length; at += 6) {
    const [from, to] = [node(at), node(at + 3)];
    parent[root(from)] = root(to);
    ends.push(from);
  }
  const open = new Set(degree.flatMap((count, number) => (count % 2 ? [root(number)] : [])));
  return ends.flatMap((from, at) => (open.has(root(from)) ? [] : profile.slice(at * 6, at * 6 + 6)));
}

function stencil(): MeshBasicMaterial {
  return new MeshBasicMaterial({
    side: DoubleSide,
    colorWrite: false,
    depthWrite: false,
    depthTest: false,
    stencilWrite: true,
    stencilWriteMask: 1,
    stencilFunc: AlwaysStencilFunc,
    stencilZPass: InvertStencilOp,
  });
}

/** As draughtsmen mark a cut: the paper's colour with fine oblique lines, in pixels of the screen. */
function hatching(): ShaderMaterial {
  return new ShaderMaterial({
    side: DoubleSide,
    stencilWrite: true,
    stencilFunc: NotEqualStencilFunc,
    stencilRef: 0,
    stencilFuncMask: 1,
    stencilFail: ZeroStencilOp,
    stencilZFail: ZeroStencilOp,
    stencilZPass: ZeroStencilOp,
    vertexShader: "void main() { gl_Position = projectionMatrix * modelViewMatrix * vec4(position, 1.0); }",
    fragmentShader: `
      void main() {
        float across = fract((gl_FragCoord.x + gl_FragCoord.y) / 9.0);
        float line = smoothstep(0.0, 0.1, across) * (1.0 - smoothstep(0.14, 0.24, across));
        gl_FragColor = vec4(mix(vec3(0.925, 0.855, 0.745), vec3(0.74, 0.5, 0.39), line), 1.0);
      }`,
  });
}
