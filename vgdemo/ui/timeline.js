// The slider that chooses the epoch, and the button that plays all of them.
// It is as long as the training, with a mark at each stop; a key moves it by one stop, however far that is.

import { nearestStop } from "../figures/drawing.js"
import { element, relabel } from "./elements.js"

const FRAME_MILLISECONDS = 120
const STEPS = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -5, PageUp: 5 }
let count = 0 // Of timelines on the page, as each names its marks.

export class Timeline {
  constructor(root, choose) {
    this.choose = choose
    this.stops = []
    this.timer = null
    this.slider = root.querySelector("input")
    this.unit = root.querySelector("label > span")
    this.output = root.querySelector("output")
    this.button = root.querySelector("button")
    this.marks = element("datalist")
    this.marks.id = `vgdemo-stops-${(count += 1)}`
    this.slider.setAttribute("list", this.marks.id)
    root.append(this.marks)
    this.slider.addEventListener("input", () => this.goTo(nearestStop(this.stops, Number(this.slider.value))))
    this.slider.addEventListener("keydown", (event) => this.press(event))
    this.button.addEventListener("click", () => (this.timer ? this.pause() : this.play()))
  }

  // An address may have asked for an epoch between two stops.
  setStops(stops, shown, unit = "epoch", asked = shown) {
    this.unit.textContent = unit
    if (stops.join() !== this.stops.join()) this.mark(stops)
    this.slider.disabled = this.button.disabled = stops.length < 2
    this.show(shown)
    const isBetween = (asked ?? shown) !== shown && shown !== stops.at(-1)
    if (isBetween) this.output.textContent = `${shown} (asked: ${asked})`
  }

  mark(stops) {
    this.stops = stops
    this.slider.min = stops[0] ?? 0
    this.slider.max = stops.at(-1) ?? 0
    this.marks.replaceChildren(...stops.map((stop) => Object.assign(element("option"), { value: stop })))
  }

  show(stop) {
    this.shown = stop
    this.slider.value = stop ?? 0
    this.output.textContent = stop ?? "–"
    this.slider.setAttribute("aria-valuetext", `${this.unit.textContent} ${stop ?? "none"}`)
  }

  goTo(stop) {
    this.pause()
    this.choose(stop)
  }

  press(event) {
    const step = STEPS[event.key]
    if (!step) return
    event.preventDefault()
    this.goTo(this.stops[Math.min(this.stops.length - 1, Math.max(0, this.place + step))])
  }

  get place() {
    return this.stops.indexOf(this.shown)
  }

  play() {
    if (this.shown === this.stops.at(-1)) this.choose(this.stops[0])
    this.timer = setInterval(() => this.step(), FRAME_MILLISECONDS)
    this.labelButton()
  }

  step() {
    const next = this.stops[this.place + 1]
    if (next === undefined) this.pause()
    else this.choose(next)
  }

  pause() {
    clearInterval(this.timer)
    this.timer = null
    this.labelButton()
  }

  labelButton() {
    this.button.textContent = this.timer ? "⏸" : "▶"
    relabel(this.button, this.timer ? "Pause" : "Play the epochs")
  }
}
