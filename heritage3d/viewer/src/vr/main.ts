/** The page of the VR room: the room, and around it what a screen needs. */

import "./room.css";
import { h } from "../dom";
import { line } from "../iiif";
import { language, languages, speak, type Language } from "../texts";
import { PageCard } from "./card";
import { Headset } from "./headset";
import { plan, type Plan } from "./plan";
import { Room } from "./room";
import { say } from "./words";

const app = document.getElementById("room")!;
const host = h("main", { class: "view", id: "view" });
const card = new PageCard();
const bar = h("nav", { class: "bar" });
const top = h("header", { class: "top" });
const state = h("p", { class: "state", role: "status" });

function fail(text: string): void {
  app.replaceChildren(h("main", { class: "notice" }, h("h1", {}, text), h("p", {}, h("a", { href: "index.html" }, say().back))));
}

function frame(room: Room, told: Plan, headset: boolean): void {
  const words = say();
  const tongue = h("select", { "aria-label": words.language }, ...Object.entries(languages).map(([tag, name]) => h("option", { value: tag, lang: tag, selected: tag === language }, name)));
  tongue.addEventListener("change", () => {
    speak(tongue.value as Language);
    room.respeak();
    frame(room, told, headset);
    top.querySelector("select")?.focus();
  });
  const title = line(told.title);
  document.title = title;
  top.replaceChildren(h("a", { class: "back", href: "index.html" }, `← ${words.back}`), h("h1", {}, title), tongue);
  const enter = h("button", { type: "button", class: "enter" }, words.enter);
  enter.addEventListener("click", () => void room.headset.enter().catch(() => (state.textContent = words.noHeadset)));
  const press = (label: string, act: () => void) => h("button", { type: "button", onclick: act }, label);
  bar.replaceChildren(
    ...(headset ? [enter] : []),
    ...told.tours.map((tour, at) => press(line(tour.title) || words.tour, () => room.startTour(at))),
    press(words.objects, () => room.showMenu("objects")),
    press(words.help, () => room.showMenu("help")),
  );
  const { canvas } = { canvas: room.renderer.domElement };
  canvas.setAttribute("role", "application");
  canvas.setAttribute("tabindex", "0");
  canvas.setAttribute("aria-label", words.room(title));
}

async function start(): Promise<void> {
  speak(language);
  state.textContent = say().wait;
  app.replaceChildren(state);
  let told: Plan;
  try {
    told = await plan();
  } catch {
    fail(say().noRoom);
    return;
  }
  app.replaceChildren(top, host, card.element, bar, state);
  let room: Room;
  try {
    room = new Room(told, host, card);
  } catch {
    fail(say().noWebGL);
    return;
  }
  frame(room, told, false);
  state.textContent = "";
  window.addEventListener("keydown", (event) => {
    if (event.code !== "Escape") return;
    if (room.held) room.giveBack();
    else if (room.tour) room.endTour();
    else room.say(null);
  });
  // For those who check a room, and for tests: what every frame cost.
  Object.assign(globalThis, { heritage3dRoom: room });
  document.documentElement.dataset.state = "ready";
  const offered = await Headset.offered();
  frame(room, told, offered);
  navigator.xr?.addEventListener("devicechange", () => void Headset.offered().then((now) => frame(room, told, now)));
}

void start();
