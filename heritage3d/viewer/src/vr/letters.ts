/** The title of the exhibition on the north wall, in letters. */

import { CanvasTexture, Mesh, MeshBasicMaterial, PlaneGeometry, SRGBColorSpace } from "three";
import { line } from "../iiif";
import { serif } from "./lettering";
import { otherTitle } from "./labels";
import type { Plan } from "./plan";

const WIDTH = 2048;
const HEIGHT = 288;

export interface Letters {
  mesh: Mesh;
  draw(): void;
}

export function lettersOnTheWall(plan: Plan): Letters {
  const [width, height, depth] = plan.size;
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [WIDTH, HEIGHT];
  const map = new CanvasTexture(canvas);
  map.colorSpace = SRGBColorSpace;
  map.anisotropy = 4;
  const wide = Math.min(width - 1.2, 4.2);
  const mesh = new Mesh(new PlaneGeometry(wide, (wide * HEIGHT) / WIDTH), new MeshBasicMaterial({ map, transparent: true, depthWrite: false }));
  mesh.position.set(0, height - 0.72, -depth / 2 + 0.012);
  const draw = () => {
    const context = canvas.getContext("2d")!;
    const ink = plan.light === "evening" ? "#efe6d6" : "#2c251e";
    context.clearRect(0, 0, WIDTH, HEIGHT);
    context.textAlign = "center";
    context.fillStyle = ink;
    context.font = `600 132px ${serif()}`;
    context.fillText(line(plan.title), WIDTH / 2, 140, WIDTH - 40);
    context.globalAlpha = 0.72;
    context.font = `400 58px ${serif()}`;
    context.fillText(otherTitle(plan.title), WIDTH / 2, 240, WIDTH - 40);
    context.globalAlpha = 1;
    map.needsUpdate = true;
  };
  draw();
  return { mesh, draw };
}
