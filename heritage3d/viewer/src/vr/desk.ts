/** Walking with mouse, keyboard and finger, for everybody without a headset. */

import { MathUtils, Quaternion, Raycaster, Vector2, Vector3 } from "three";
import type { Body } from "./body";

const METRES_PER_SECOND = 1.5;
const CLICK_PX = 6;
const CLICK_MS = 450;
const LOOK = 0.0032; // radians a pixel

const KEYS: Record<string, [number, number, number]> = {
  // forward, to the right, turn to the left
  KeyW: [1, 0, 0], ArrowUp: [1, 0, 0], KeyS: [-1, 0, 0], ArrowDown: [-1, 0, 0],
  KeyA: [0, -1, 0], KeyD: [0, 1, 0], KeyQ: [0, 0, 1], ArrowLeft: [0, 0, 1], KeyE: [0, 0, -1], ArrowRight: [0, 0, -1],
};

export interface Desk {
  /** A click or a touch without a drag: the ray of it. */
  onpoint: (ray: Raycaster) => void;
  /** A drag while something is held turns that, by so many radians. */
  onturn: ((across: number, up: number) => void) | null;
  onwheel: ((steps: number) => void) | null;
  move(seconds: number): boolean;
  dispose(): void;
}

export function desk(canvas: HTMLCanvasElement, body: Body): Desk {
  const down = new Set<string>();
  const ray = new Raycaster();
  let pressed: { id: number; x: number; y: number; fromX: number; fromY: number; at: number } | null = null;
  const made: Desk = { onpoint: () => {}, onturn: null, onwheel: null, move, dispose };

  function press(event: PointerEvent): void {
    if (pressed || event.button > 0) return;
    pressed = { id: event.pointerId, x: event.clientX, y: event.clientY, fromX: event.clientX, fromY: event.clientY, at: performance.now() };
    canvas.setPointerCapture(event.pointerId);
  }

  function drag(event: PointerEvent): void {
    if (!pressed || event.pointerId !== pressed.id) return;
    const [dx, dy] = [event.clientX - pressed.x, event.clientY - pressed.y];
    [pressed.x, pressed.y] = [event.clientX, event.clientY];
    if (made.onturn) return made.onturn(dx * 0.01, dy * 0.01);
    const { camera, rig } = body;
    const look = (LOOK * camera.fov) / 62; // what is seen in a narrow field follows the finger too
    rig.rotation.y += dx * look;
    camera.rotation.x = MathUtils.clamp(camera.rotation.x + dy * look, -1.3, 1.3);
    rig.updateMatrixWorld(true);
  }

  function release(event: PointerEvent): void {
    if (!pressed || event.pointerId !== pressed.id) return;
    const far = Math.hypot(event.clientX - pressed.fromX, event.clientY - pressed.fromY);
    const long = performance.now() - pressed.at;
    pressed = null;
    if (event.type === "pointerup" && far < CLICK_PX && long < CLICK_MS) made.onpoint(aimed(event.clientX, event.clientY));
  }

  function aimed(x: number, y: number): Raycaster {
    const { left, top, width, height } = canvas.getBoundingClientRect();
    ray.setFromCamera(new Vector2(((x - left) / width) * 2 - 1, 1 - ((y - top) / height) * 2), body.camera);
    return ray;
  }

  function wheel(event: WheelEvent): void {
    event.preventDefault();
    const steps = -Math.sign(event.deltaY);
    if (made.onwheel) made.onwheel(steps);
    else body.walk(steps * 0.25, 0);
  }

  function key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.type === "keyup") down.delete(event.code);
    else if (event.code in KEYS && document.activeElement === canvas) {
      down.add(event.code);
      event.preventDefault();
    } else if (event.code === "Enter" && document.activeElement === canvas) {
      ray.setFromCamera(new Vector2(), body.camera); // what one looks at
      made.onpoint(ray);
    }
  }

  function move(seconds: number): boolean {
    let [forward, aside, turn] = [0, 0, 0];
    for (const code of down) {
      const [f, a, t] = KEYS[code]!;
      forward += f;
      aside += a;
      turn += t;
    }
    if (!forward && !aside && !turn) return false;
    const reach = METRES_PER_SECOND * Math.min(seconds, 0.1);
    if (forward || aside) body.walk(forward * reach, aside * reach);
    if (turn) body.turn(turn * 75 * Math.min(seconds, 0.1));
    return true;
  }

  const forget = () => down.clear();
  canvas.addEventListener("pointerdown", press);
  canvas.addEventListener("pointermove", drag);
  canvas.addEventListener("pointerup", release);
  canvas.addEventListener("pointercancel", release);
  canvas.addEventListener("wheel", wheel, { passive: false });
  window.addEventListener("keydown", key);
  window.addEventListener("keyup", key);
  window.addEventListener("blur", forget);

  function dispose(): void {
    window.removeEventListener("keydown", key);
    window.removeEventListener("keyup", key);
    window.removeEventListener("blur", forget);
  }
  return made;
}

/** Hold something before the eyes: how far, and turned how. */
export function before(body: Body, distance: number): { at: Vector3; turned: Quaternion } {
  return { at: new Vector3(0, -0.02, -distance), turned: body.camera.getWorldQuaternion(new Quaternion()).invert() };
}
