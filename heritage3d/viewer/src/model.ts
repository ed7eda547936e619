/** The stage for a model: levels of detail, raking light, scale. */

import { h, tool } from "./dom";
import type { ModelEvidence } from "./evidence";
import { modelEvidence } from "./evidence";
import { line, type ModelFile, type View } from "./iiif";
import { ScaleBar } from "./scalebar";
import type { ModelScene } from "./scene";
import { fullScreen, type Stage } from "./stage";
import { bytes, number, t } from "./texts";

export class ModelStage implements Stage {
  readonly element = h("div", { class: "stage model", "data-state": "loading" });
  private readonly host = h("div", { class: "canvas" });
  private readonly scale = new ScaleBar();
  private readonly message = h("p", { class: "message", role: "alert", hidden: true });
  private readonly progress = h("progress", { max: 1, "aria-label": t.loading });
  private readonly levels = h("select", { class: "levels", "aria-label": t.detail, title: t.detail });
  private readonly lamp = h("div", { class: "lamp", hidden: true });
  private readonly poster = h("img", { class: "poster", alt: "", hidden: true });
  private scene: ModelScene | null = null;
  private files: ModelFile[] = [];
  private wanted = "";
  private turn = 0;

  constructor(holder: HTMLElement) {
    holder.replaceChildren(this.element);
    this.element.append(this.poster, this.host, this.progress, this.lamp, this.tools(), this.scale.element, this.message);
    this.lights();
    this.host.addEventListener("keydown", (event) => this.key(event));
    this.levels.addEventListener("change", () => void this.level(this.levels.value));
  }

  private tools(): HTMLElement {
    const press = (name: "surface" | "raking", label: string, act: (on: boolean) => void) => {
      const button = tool(name, label, () => {
        const on = button.getAttribute("aria-pressed") !== "true";
        button.setAttribute("aria-pressed", String(on));
        act(on);
      }, { "aria-pressed": "false" });
      return button;
    };
    return h(
      "div",
      { class: "tools", role: "group", "aria-label": t.model },
      tool("plus", t.zoomIn, () => this.scene?.zoom(1.3)),
      tool("minus", t.zoomOut, () => this.scene?.zoom(1 / 1.3)),
      tool("whole", t.whole, () => this.scene?.whole()),
      press("raking", t.light, (on) => (this.lamp.hidden = !on)),
      press("surface", t.surfaceOnly, (on) => this.scene?.shapeOnly(on)),
      fullScreen(this.element) ?? "",
    );
  }

  private lights(): void {
    const around = h("input", { type: "range", min: 0, max: 360, step: 5, value: 315 });
    const height = h("input", { type: "range", min: 4, max: 85, step: 1, value: 50 });
    const aim = () => {
      height.setAttribute("aria-valuetext", `${height.value}°`);
      around.setAttribute("aria-valuetext", `${around.value}°`);
      this.scene?.light(Number(around.value), Number(height.value));
    };
    around.addEventListener("input", aim);
    height.addEventListener("input", aim);
    this.lamp.append(
      h("label", {}, h("span", {}, t.lightFrom), around),
      h("label", {}, h("span", {}, t.lightHeight), height),
      h("p", { class: "ends", "aria-hidden": "true" }, h("span", {}, t.raking), h("span", {}, t.frontal)),
    );
  }

  async show(view: View): Promise<void> {
    const turn = ++this.turn;
    this.files = view.files;
    this.host.setAttribute("role", "application");
    this.host.setAttribute("tabindex", "0");
    this.host.setAttribute("aria-label", t.modelView(line(view.label)));
    if (view.thumbnail) [this.poster.src, this.poster.hidden] = [view.thumbnail.address, false];
    const [evidence, { ModelScene }] = await Promise.all([
      view.evidence ? modelEvidence(view.evidence) : null,
      import("./scene"),
    ]);
    if (turn !== this.turn) return;
    try {
      this.scene = new ModelScene(this.host);
    } catch {
      this.fail(t.noWebGL);
      return;
    }
    this.measure(evidence);
    this.choices(evidence);
    // The light preview first, then the level made for the web; the full one only when asked for.
    const steps = this.files.filter((file) => file.role === "preview");
    steps.push(this.files.find((file) => file.role === "web") ?? this.files.find((file) => file.role !== "preview") ?? this.files[0]!);
    for (const file of new Set(steps)) if (turn === this.turn) await this.level(file.name);
  }

  private measure(evidence: ModelEvidence | null): void {
    const scene = this.scene!;
    if (evidence?.scaleKnown) scene.onframe = () => this.scale.show(scene.mmPerPixel());
    else this.scale.unknown();
  }

  private choices(evidence: ModelEvidence | null): void {
    this.levels.replaceChildren(
      ...this.files.map((file) => {
        const figures = evidence?.levels.find((entry) => entry.file === file.name);
        const size = figures?.bytes === undefined ? "" : ` · ${bytes(figures.bytes)}`;
        return h("option", { value: file.name }, `${t.roles[file.role] ?? file.name}${size}`);
      }),
    );
    if (this.files.length > 1) this.element.querySelector(".tools")!.prepend(this.levels);
  }

  private async level(name: string): Promise<void> {
    const file = this.files.find((entry) => entry.name === name);
    const scene = this.scene;
    if (!file || !scene) return;
    this.wanted = name;
    this.levels.value = name;
    this.message.hidden = true;
    this.progress.hidden = false;
    this.progress.removeAttribute("value");
    const wanted = () => scene === this.scene && this.wanted === name;
    try {
      const triangles = await scene.load(file.address, (share) => (this.progress.value = share), wanted);
      if (triangles === null) return;
      this.poster.hidden = true;
      this.progress.hidden = true;
      this.element.dataset.file = name;
      this.element.dataset.triangles = String(triangles);
      this.element.dataset.state = "ready";
      this.levels.title = `${t.detail}: ${number(triangles)} ${t.triangles}`;
    } catch {
      if (wanted()) this.fail(t.noModel);
    }
  }

  private fail(text: string): void {
    this.element.dataset.state = "failed";
    this.progress.hidden = true;
    this.message.textContent = text;
    this.message.hidden = false;
  }

  private key(event: KeyboardEvent): void {
    const scene = this.scene;
    if (!scene || event.ctrlKey || event.metaKey || event.altKey) return;
    const acts: Record<string, () => void> = {
      ArrowLeft: () => scene.orbit(-8, 0),
      ArrowRight: () => scene.orbit(8, 0),
      ArrowUp: () => scene.orbit(0, 8),
      ArrowDown: () => scene.orbit(0, -8),
      "+": () => scene.zoom(1.2),
      "=": () => scene.zoom(1.2),
      "-": () => scene.zoom(1 / 1.2),
      "0": () => scene.whole(),
    };
    const act = acts[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  }

  destroy(): void {
    this.turn += 1;
    this.scene?.dispose();
    this.scene = null;
    this.element.remove();
  }
}
