// The slider that chooses the epoch, and the button that plays all of them.

const FRAME_MILLISECONDS = 120

export class Timeline {
  constructor(root, choose) {
    this.choose = choose
    this.stops = []
    this.timer = null
    this.slider = root.querySelector("input")
    this.output = root.querySelector("output")
    this.button = root.querySelector("button")
    this.slider.addEventListener("input", () => {
      this.pause()
      choose(this.stops[this.slider.value])
    })
    this.button.addEventListener("click", () => (this.timer ? this.pause() : this.play()))
  }

  setStops(stops, shown) {
    this.stops = stops
    this.slider.max = Math.max(0, stops.length - 1)
    this.slider.disabled = this.button.disabled = stops.length < 2
    this.show(shown)
  }

  show(stop) {
    this.slider.value = Math.max(0, this.stops.indexOf(stop))
    this.output.textContent = stop ?? "–"
    this.slider.setAttribute("aria-valuetext", `epoch ${stop ?? "none"}`)
  }

  play() {
    if (Number(this.slider.value) === this.stops.length - 1) this.choose(this.stops[0])
    this.timer = setInterval(() => this.step(), FRAME_MILLISECONDS)
    this.labelButton()
  }

  step() {
    const next = Number(this.slider.value) + 1
    if (next >= this.stops.length) this.pause()
    else this.choose(this.stops[next])
  }

  pause() {
    clearInterval(this.timer)
    this.timer = null
    this.labelButton()
  }

  labelButton() {
    this.button.textContent = this.timer ? "⏸" : "▶"
    this.button.setAttribute("aria-label", this.timer ? "Pause" : "Play the epochs")
  }
}
