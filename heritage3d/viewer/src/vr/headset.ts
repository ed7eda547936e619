/** The headset: controllers and hands, rays, comfort. Made once; entering and leaving makes nothing new. */

import {
  AdditiveBlending,
  BufferAttribute,
  BufferGeometry,
  CircleGeometry,
  CanvasTexture,
  CylinderGeometry,
  Group,
  InstancedMesh,
  Line,
  LineBasicMaterial,
  Matrix4,
  Mesh,
  MeshBasicMaterial,
  PlaneGeometry,
  Raycaster,
  ShaderMaterial,
  SphereGeometry,
  SRGBColorSpace,
  Vector3,
  type WebGLRenderer,
  type XRTargetRaySpace,
} from "three";
import type { Body } from "./body";

const JOINTS = 25;
const STICK = 0.65;
const SNAP_DEGREES = 30;
const SMOOTH_DEGREES_PER_SECOND = 70;
const RAY = 6;

export interface Comfort {
  seated: boolean;
  smooth: boolean;
  glide: boolean;
  vignette: boolean;
}

export class Pointer {
  readonly group = new Group();
  readonly line: Line;
  readonly tool: Mesh;
  readonly raycaster = new Raycaster();
  connected = false;
  source: XRInputSource | null = null;
  pushed = false; // the stick is away from its middle

  constructor(readonly space: XRTargetRaySpace) {
    const geometry = new BufferGeometry();
    geometry.setAttribute("position", new BufferAttribute(new Float32Array([0, 0, -0.04, 0, 0, -1]), 3));
    geometry.setAttribute("color", new BufferAttribute(new Float32Array([1, 0.96, 0.88, 0.1, 0.09, 0.08]), 3));
    this.line = new Line(geometry, new LineBasicMaterial({ vertexColors: true, transparent: true, blending: AdditiveBlending, depthWrite: false }));
    this.tool = new Mesh(new CylinderGeometry(0.011, 0.017, 0.11, 20).rotateX(-Math.PI / 2).translate(0, 0, 0.03), new MeshBasicMaterial({ color: 0x8e867b }));
    space.add(this.line, this.tool);
    space.visible = false;
  }

  /** The ray into the room, from the hand. */
  ray(): Raycaster {
    const matrix = this.space.matrixWorld;
    this.raycaster.ray.origin.setFromMatrixPosition(matrix);
    this.raycaster.ray.direction.set(0, 0, -1).transformDirection(matrix);
    return this.raycaster;
  }
}

export class Headset {
  readonly pointers: Pointer[] = [];
  readonly puck: Mesh;
  readonly comfort: Comfort = { seated: false, smooth: false, glide: false, vignette: true };
  /** A trigger or a pinch; `on` false when it is let go. */
  onselect: (pointer: Pointer, on: boolean, squeezed: boolean) => void = () => {};
  onenter: () => void = () => {};
  onleave: () => void = () => {};
  private readonly hands: InstancedMesh[] = [];
  private readonly veil: Mesh;
  private dark = 0;

  constructor(
    private readonly renderer: WebGLRenderer,
    private readonly body: Body,
  ) {
    renderer.xr.enabled = true;
    renderer.xr.setReferenceSpaceType("local-floor");
    for (const index of [0, 1]) {
      const pointer = new Pointer(renderer.xr.getController(index));
      const { space } = pointer;
      space.addEventListener("connected", (event) => {
        pointer.source = event.data;
        pointer.connected = true;
        pointer.tool.visible = !event.data.hand;
        space.visible = event.data.targetRayMode !== "gaze";
      });
      space.addEventListener("disconnected", () => {
        pointer.connected = false;
        pointer.source = null;
        space.visible = false;
      });
      for (const [name, on, squeezed] of [["selectstart", true, false], ["selectend", false, false], ["squeezestart", true, true], ["squeezeend", false, true]] as const) {
        space.addEventListener(name, () => this.onselect(pointer, on, squeezed));
      }
      body.rig.add(space);
      this.pointers.push(pointer);
      const hand = new InstancedMesh(new SphereGeometry(1, 8, 6), new MeshBasicMaterial({ color: 0xb9a48c }), JOINTS);
      hand.frustumCulled = false;
      hand.visible = false;
      body.rig.add(hand);
      this.hands.push(hand);
    }
    this.puck = puck();
    body.rig.add(this.puck);
    this.veil = veil();
    body.rig.add(this.veil);
    renderer.xr.addEventListener("sessionstart", () => {
      this.puck.visible = true;
      this.onenter();
    });
    renderer.xr.addEventListener("sessionend", () => {
      this.puck.visible = this.veil.visible = false;
      for (const hand of this.hands) hand.visible = false;
      this.onleave();
    });
  }

  static async offered(): Promise<boolean> {
    try {
      return (await navigator.xr?.isSessionSupported("immersive-vr")) ?? false;
    } catch {
      return false;
    }
  }

  async enter(): Promise<void> {
    const session = await navigator.xr!.requestSession("immersive-vr", { optionalFeatures: ["local-floor", "bounded-floor", "hand-tracking"] });
    await this.renderer.xr.setSession(session);
  }

  async leave(): Promise<void> {
    await this.renderer.xr.getSession()?.end();
  }

  /** Eyes are shut for the moment of a jump. */
  blink(): void {
    this.dark = 1;
  }

  /** Before every frame in the headset. */
  move(seconds: number): void {
    const { camera } = this.body;
    this.sticks(seconds);
    this.hands.forEach((mesh, index) => this.joints(mesh, index));
    // The button floats before the left hip, out of the way of what is looked at, and follows slowly.
    const ahead = new Vector3(0, 0, -1).applyQuaternion(camera.quaternion).setY(0).normalize().applyAxisAngle(camera.up, 0.7);
    const place = camera.position.clone().addScaledVector(ahead, 0.45).setY(camera.position.y - 0.66);
    this.puck.position.lerp(place, this.puck.position.distanceTo(place) > 1 ? 1 : Math.min(1, seconds * 2.5));
    this.puck.lookAt(this.body.rig.localToWorld(camera.position.clone()));
    this.dark = Math.max(0, this.dark - seconds * 5);
    const { uniforms } = this.veil.material as ShaderMaterial;
    uniforms.dark!.value = this.dark;
    uniforms.narrow!.value = this.comfort.vignette ? this.body.haste : 0;
    this.veil.visible = this.dark > 0 || (uniforms.narrow!.value as number) > 0.02;
  }

  private sticks(seconds: number): void {
    for (const pointer of this.pointers) {
      const axes = pointer.source?.gamepad?.axes;
      const [across, along] = [axes?.[2] ?? 0, axes?.[3] ?? 0];
      if (this.comfort.smooth) {
        if (Math.abs(across) > 0.2) {
          this.body.turn(-across * SMOOTH_DEGREES_PER_SECOND * seconds);
          this.body.haste = 1;
        }
      } else if (Math.abs(across) > STICK && !pointer.pushed) {
        this.body.turn(across > 0 ? -SNAP_DEGREES : SNAP_DEGREES);
        this.blink();
        pointer.pushed = true;
      }
      if (Math.abs(along) > STICK && Math.abs(across) < STICK && this.comfort.smooth) this.body.walk(-along * 1.2 * seconds, 0);
      if (Math.abs(across) < 0.3 && Math.abs(along) < 0.3) pointer.pushed = false;
    }
  }

  private joints(mesh: InstancedMesh, index: number): void {
    const hand = this.renderer.xr.getHand(index) as unknown as { joints?: Record<string, { visible: boolean; position: Vector3; jointRadius?: number }> };
    const found = Object.values(hand.joints ?? {}).filter((joint) => joint.visible);
    const tracked = this.pointers.some(({ source }) => source?.hand) && found.length > 0;
    mesh.visible = tracked;
    if (!tracked) return;
    const matrix = new Matrix4();
    mesh.count = Math.min(JOINTS, found.length);
    found.slice(0, JOINTS).forEach((joint, at) => mesh.setMatrixAt(at, matrix.makeScale(1, 1, 1).multiplyScalar(joint.jointRadius ?? 0.008).setPosition(joint.position)));
    mesh.instanceMatrix.needsUpdate = true;
  }

  /** A pointer's line ends where it meets something. */
  reach(pointer: Pointer, distance: number | null): void {
    pointer.line.scale.z = distance ?? RAY;
  }
}

/** Three lines on a disc. */
function puck(): Mesh {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 128;
  const context = canvas.getContext("2d")!;
  context.fillStyle = "#a5442f";
  context.fillRect(0, 0, 128, 128);
  context.fillStyle = "#fbf7ef";
  for (const y of [40, 60, 80]) context.fillRect(36, y, 56, 8);
  const map = new CanvasTexture(canvas);
  map.colorSpace = SRGBColorSpace;
  const mesh = new Mesh(new CircleGeometry(0.045, 40), new MeshBasicMaterial({ map }));
  mesh.visible = false;
  return mesh;
}

/** Over the whole view of each eye: its rim closes while one is moved, all of it for the moment of a jump. */
function veil(): Mesh {
  const material = new ShaderMaterial({
    uniforms: { dark: { value: 0 }, narrow: { value: 0 } },
    transparent: true,
    depthTest: false,
    depthWrite: false,
    vertexShader: "varying vec2 place; void main() { place = position.xy; gl_Position = vec4(position.xy, 0.0, 1.0); }",
    fragmentShader: `
      uniform float dark, narrow;
      varying vec2 place;
      void main() {
        float rim = smoothstep(0.45, 0.95, length(place)) * narrow;
        gl_FragColor = vec4(0.02, 0.018, 0.015, max(rim, dark));
      }`,
  });
  const mesh = new Mesh(new PlaneGeometry(2, 2), material);
  mesh.frustumCulled = false;
  mesh.renderOrder = 10;
  mesh.visible = false;
  return mesh;
}
