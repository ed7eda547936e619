/** The menu: tours, objects, comfort, language, help. The same on a screen and in the headset. */

import { line } from "../iiif";
import { language, languages, number, speak, type Language } from "../texts";
import type { Button, Saying } from "./card";
import type { Room } from "./room";
import { say } from "./words";

const MOST_OBJECTS = 14; // buttons on one card

export class Menu {
  private from = 0;

  constructor(private readonly room: Room) {}

  toggle(): void {
    if (this.room.saying?.kind === "menu") this.room.say(null);
    else this.show("menu");
  }

  show(kind: "menu" | "objects" | "help"): void {
    const saying = kind === "objects" ? this.objects() : kind === "help" ? this.help() : this.main();
    this.room.say(saying);
  }

  private main(): Saying {
    const words = say();
    const { headset, plan, costs } = this.room;
    const { comfort } = headset;
    const inside = this.room.renderer.xr.isPresenting;
    const change = (act: () => void) => () => {
      act();
      this.show("menu");
    };
    const buttons: Button[] = [
      ...plan.tours.map((tour, at) => ({ label: line(tour.title) || words.tour, act: () => this.room.startTour(at) })),
      { label: words.objects, act: () => this.show("objects") },
      { label: words.help, act: () => this.show("help") },
    ];
    if (inside) {
      buttons.push(
        { label: comfort.seated ? words.seated : words.standing, act: change(() => this.room.body.seat((comfort.seated = !comfort.seated))), pressed: comfort.seated },
        { label: comfort.smooth ? words.smooth : words.snap, act: change(() => (comfort.smooth = !comfort.smooth)), pressed: comfort.smooth },
        { label: `${words.glide}: ${comfort.glide ? words.on : words.off}`, act: change(() => (comfort.glide = !comfort.glide)), pressed: comfort.glide, wide: true },
        { label: `${words.vignette}: ${comfort.vignette ? words.on : words.off}`, act: change(() => (comfort.vignette = !comfort.vignette)), pressed: comfort.vignette, wide: true },
        { label: `↺ ${words.turnLeft}`, act: () => this.room.body.turn(30) },
        { label: `${words.turnRight} ↻`, act: () => this.room.body.turn(-30) },
        { label: languages[nextLanguage()], act: () => this.speakNext() },
        { label: words.leave, act: () => void headset.leave() },
      );
    }
    buttons.push({ label: words.close, act: () => this.room.say(null) });
    const { triangles, draw_calls: calls, texture_bytes: bytes } = costs.worst;
    const figures = [`${words.triangles} ${number(triangles)}`, `${words.calls} ${number(calls)}`, `${words.textures} ${number(bytes / 1e6)} MB`];
    return { kind: "menu", title: line(plan.title), under: words.figures, facts: figures, text: [], buttons };
  }

  private speakNext(): void {
    speak(nextLanguage());
    this.room.respeak();
  }

  private objects(): Saying {
    const words = say();
    const { objects } = this.room.plan;
    const shown = objects.slice(this.from, this.from + MOST_OBJECTS);
    const buttons: Button[] = shown.map((exhibit) => ({ label: line(exhibit.title) || exhibit.id, act: () => this.room.visit(exhibit) }));
    if (objects.length > MOST_OBJECTS) {
      buttons.push({
        label: words.next,
        act: () => {
          this.from = this.from + MOST_OBJECTS < objects.length ? this.from + MOST_OBJECTS : 0;
          this.show("objects");
        },
      });
    }
    buttons.push({ label: words.close, act: () => this.room.say(null) });
    return { kind: "objects", title: words.objects, text: [], buttons };
  }

  private help(): Saying {
    const words = say();
    const inside = this.room.renderer.xr.isPresenting;
    return { kind: "help", title: words.help, text: [inside ? words.helpHeadset : words.helpDesk], buttons: [{ label: words.close, act: () => this.room.say(null) }] };
  }
}

function nextLanguage(): Language {
  const all = Object.keys(languages) as Language[];
  return all[(all.indexOf(language) + 1) % all.length]!;
}
