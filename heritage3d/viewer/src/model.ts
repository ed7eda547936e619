/** The stage for a model: levels of detail, raking light, scale. */

import { h, tool } from "./dom";
import { bound, modelEvidence, type LevelEvidence, type ModelEvidence } from "./evidence";
import { line, type ModelFile, type Note, type View } from "./iiif";
import { Lamp } from "./lamp";
import { ScaleBar } from "./scalebar";
import { Measure } from "./measure";
import type { ModelScene } from "./scene";
import type { Section } from "./section";
import { fullScreen, type Stage } from "./stage";
import { bytes, length, number, percent, t } from "./texts";

export class ModelStage implements Stage {
  readonly element = h("div", { class: "stage model", "data-state": "loading" });
  private readonly host = h("div", { class: "canvas" });
  private readonly scale = new ScaleBar();
  private readonly message = h("p", { class: "message", role: "alert", hidden: true });
  private readonly progress = h("progress", { max: 1, "aria-label": t.loading });
  private readonly levels = h("select", { class: "levels", "aria-label": t.detail, title: t.detail });
  private readonly lamp = new Lamp((around, height) => this.scene?.light(around, height));
  private honest: HTMLButtonElement | null = null;
  private readonly marker = h("div", { class: "marker spot", hidden: true });
  private readonly poster = h("img", { class: "poster", alt: "", hidden: true });
  private readonly ruler = new Measure(this.host, {
    pick: (x, y) => this.scene?.pick(x, y) ?? null,
    seen: (place) => this.scene?.seen(place) ?? null,
    distance: (from, to) => this.distance(Math.hypot(...from.map((value, at) => value - to[at]!))),
  });
  private scene: ModelScene | null = null;
  private section: Section | null = null;
  /** Told after each frame: for a second model beside this one. */
  onlook: () => void = () => {};
  private files: ModelFile[] = [];
  private evidence: ModelEvidence | null = null;
  private wanted = "";
  private turn = 0;

  constructor(holder: HTMLElement) {
    holder.replaceChildren(this.element);
    this.element.append(this.poster, this.host, this.marker, this.progress, this.ruler.element, this.lamp.element, this.tools(), this.scale.element, this.message);
    this.host.addEventListener("keydown", (event) => this.key(event));
    this.levels.addEventListener("change", () => void this.level(this.levels.value));
  }

  private tools(): HTMLElement {
    const press = (name: "surface" | "raking" | "honest" | "ruler" | "section", label: string, act: (on: boolean) => void) => {
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
      press("raking", t.light, (on) => (this.lamp.element.hidden = !on)),
      press("surface", t.surfaceOnly, (on) => this.scene?.shapeOnly(on)),
      (this.honest = press("honest", t.capturedOnly, (on) => this.captured(on))),
      press("ruler", t.measure, (on) => this.ruler.turn(on)),
      press("section", t.section, (on) => void this.cut(on)),
      fullScreen(this.element) ?? "",
    );
  }

  private distance(metres: number): string {
    if (this.evidence?.scaleKnown) return length(metres * 1000);
    const { min, max } = this.scene!.box();
    return `${percent(metres / Math.max(min.distanceTo(max), 1e-9))} ${t.ofDiagonal} · ${t.scaleUnknown}`;
  }

  private captured(only: boolean): void {
    this.scene?.captured(only);
    this.section?.cut();
  }

  private async cut(on: boolean): Promise<void> {
    const { Section } = await import("./section");
    if (!this.scene) return;
    if (!this.section) this.element.append((this.section = new Section(this.scene, () => Boolean(this.evidence?.scaleKnown))).element);
    this.section.turn(on);
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
    this.evidence = evidence;
    this.scene.onmark = (place) => {
      this.marker.hidden = !place;
      if (place) this.marker.style.translate = `${place[0]}px ${place[1]}px`;
    };
    this.measure();
    this.choices();
    // The light preview first, then the level made for the web; the full one only when asked for.
    const steps = this.files.filter((file) => file.role === "preview");
    steps.push(this.files.find((file) => file.role === "web") ?? this.files.find((file) => file.role !== "preview") ?? this.files[0]!);
    for (const file of new Set(steps)) if (turn === this.turn) await this.level(file.name);
  }

  get look(): ModelScene["look"] | null {
    return this.scene?.look ?? null;
  }

  set look(look: ModelScene["look"] | null) {
    if (this.scene && look) this.scene.look = look;
  }

  point(note: Note | null): void {
    this.scene?.attend(note?.point ?? null);
    if (note && !note.point) this.scene?.whole();
  }

  private measure(): void {
    const scene = this.scene!;
    const known = this.evidence?.scaleKnown;
    scene.onframe = () => {
      if (known) this.scale.show(scene.mmPerPixel());
      this.ruler.draw();
      this.onlook();
    };
    if (!known) this.scale.unknown();
  }

  private choices(): void {
    this.levels.replaceChildren(
      ...this.files.map((file) => {
        const figures = this.figures(file.name);
        const size = figures?.bytes === undefined ? "" : ` · ${bytes(figures.bytes)}`;
        return h("option", { value: file.name }, `${t.roles[file.role] ?? file.name}${size}`);
      }),
    );
    if (this.files.length > 1) this.element.querySelector(".tools")!.prepend(this.levels);
  }

  private figures(name: string): LevelEvidence | undefined {
    return this.evidence?.levels.find((entry) => entry.file === name);
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
      if (this.honest) this.honest.hidden = !scene.hasInvented;
      this.progress.hidden = true;
      this.element.dataset.file = name;
      this.element.dataset.triangles = String(triangles);
      this.element.dataset.state = "ready";
      this.scale.within(bound(this.figures(name)));
      this.section?.cut();
      this.element.dispatchEvent(new Event("level", { bubbles: true }));
      this.levels.title = `${t.detail}: ${number(triangles)} ${t.triangles}`;
    } catch (error) {
      if (wanted()) this.without(name, error);
    }
  }

  /** A level that cannot be had: what was shown before stays, and the reader is told of both. */
  private without(name: string, error: unknown): void {
    const refused = (error as { response?: Response }).response?.status;
    const reason = refused === 404 || refused === 410 ? t.missingFile(name) : t.unreadableFile(name);
    const shown = this.files.find((file) => file.name === this.element.dataset.file);
    if (!shown) return this.fail(`${t.noModel} ${reason}`);
    this.fail(`${reason} ${t.shownInstead(t.roles[shown.role] ?? shown.name)}`, "partial");
    this.wanted = this.levels.value = shown.name;
  }

  private fail(text: string, state: "failed" | "partial" = "failed"): void {
    this.element.dataset.state = state;
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
    this.ruler.turn(false);
    this.section?.dispose();
    this.scene?.dispose();
    this.scene = null;
    this.element.remove();
  }
}
