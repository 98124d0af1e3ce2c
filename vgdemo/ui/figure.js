// One figure of a board: caption, tools and plot, whose nodes stay through every update.

import { alignedAxes, drawnLayout, readingAt, spoken, tracesAt } from "../figures/drawing.js"
import { button, download, element } from "./elements.js"
import { csv } from "./numbers.js"
import { isSame, lead } from "./peers.js"

const TOP = 24 // The title stands above the plot, in the page's own type: pixels for the legend alone.

export class Figure {
  constructor(name, board) {
    this.board = board
    this.zoom = {} // Axis to the range that the person chose.
    this.isOutdated = false // Whether the plot shows something other than it should.
    this.title = element("h3")
    this.reading = element("p")
    this.plot = element("div", "vgdemo-plot")
    this.plot.setAttribute("role", "img")
    this.element = element("figure", "vgdemo-figure")
    this.element.dataset.name = name
    this.element.append(this.captioned(name), this.plot)
    // A figure that is leaving the page has no width any more, and Plotly refuses to measure it.
    this.observer = new ResizeObserver(() => this.plot.clientWidth && this.plotly?.Plots.resize(this.plot))
  }

  captioned(name) {
    const words = element("div")
    words.append(this.title, this.reading)
    const tools = element("div", "vgdemo-tools")
    tools.append(
      button("reset", "Reset the zoom", () => this.resetZoom()),
      button("csv", "Download the numbers as CSV", () => download(`${name}.csv`, this.numbers())),
      button("svg", "Download the picture as SVG", () => this.downloadPicture(name, "svg")),
      button("png", "Download the picture as PNG", () => this.downloadPicture(name, "png")),
    )
    const caption = element("figcaption")
    caption.append(words, tools)
    return caption
  }

  get isFramed() {
    return this.content.layout.meta.framed
  }

  // Whether it is drawn over the epochs, so that a chosen one can be marked.
  get isOverEpochs() {
    return this.content.layout.meta.epochs
  }

  setPicture({ kind, json }, theme) {
    if (json === this.json && isSame(theme, this.theme)) return
    const before = this.content?.layout.uirevision
    Object.assign(this, { kind, json, theme, content: JSON.parse(json), isOutdated: true })
    const { title, uirevision } = this.content.layout
    if (uirevision !== before) this.zoom = {}
    this.title.textContent = title.text
    this.setReading(title.subtitle.text)
  }

  setReading(sentence) {
    this.reading.textContent = sentence
    this.reading.title = sentence
    this.plot.setAttribute("aria-label", spoken(this.content, sentence))
  }

  alignAxes(peers) {
    const axes = alignedAxes(this.content.layout, peers.map(({ content }) => content.layout))
    this.isOutdated ||= !isSame(axes, this.axes)
    this.axes = axes
  }

  async draw(plotly, epoch) {
    const isNew = !this.plotly
    this.plotly = plotly
    this.isOutdated = false
    this.setReading(readingAt(this.content, epoch))
    await plotly.react(this.plot, tracesAt(this.content, epoch), this.layout(epoch), { displayModeBar: false })
    if (isNew) this.listen()
  }

  listen() {
    this.observer.observe(this.plot)
    this.plot.on("plotly_click", ({ points }) => this.isOverEpochs && this.board.choose(points[0].x))
    lead(this, () => this.board.peersOf(this).filter((peer) => peer !== this && peer.plotly))
  }

  showEpoch(epoch) {
    if (!this.plotly) return
    if (this.content.frames?.length) this.draw(this.plotly, epoch)
    else if (this.isOverEpochs) this.plotly.relayout(this.plot, { shapes: this.cursor(epoch) })
  }

  layout(epoch) {
    const isTouched = matchMedia("(pointer: coarse)").matches
    const axes = Object.entries(this.axes).map(([name, axis]) => [name, { ...axis, range: this.zoom[name] ?? axis.range }])
    return {
      ...drawnLayout(this.content.layout, { axes: Object.fromEntries(axes), theme: this.theme, top: TOP, isTouched }),
      shapes: this.isOverEpochs && epoch !== null ? this.cursor(epoch) : [],
    }
  }

  cursor(epoch) {
    const line = { color: this.theme.text, width: 1, dash: "dot" }
    return [{ type: "line", xref: "x", yref: "paper", x0: epoch, x1: epoch, y0: 0, y1: 1, line }]
  }

  // Plotly itself keeps only what the person did to this very plot, not what it took over from another column.
  rememberZoom(change) {
    for (const [name, { range }] of Object.entries(this.axes)) {
      const isTouched = Object.keys(change).some((path) => path.startsWith(`${name}.`))
      const shown = [...this.plot.layout[name].range]
      if (isTouched && !isSame(shown, range)) this.zoom[name] = shown
      else if (isTouched) delete this.zoom[name]
    }
  }

  resetZoom() {
    const ranges = Object.entries(this.axes).map(([name, { range }]) => [`${name}.range`, [...range]])
    this.plotly.relayout(this.plot, Object.fromEntries(ranges))
  }

  // Plotly has decoded the arrays of the traces that it draws.
  numbers() {
    return csv(this.plot._fullData, this.content.layout.meta.log10)
  }

  downloadPicture(name, format) {
    const { clientWidth: width, clientHeight: height } = this.plot
    this.plotly.downloadImage(this.plot, { format, filename: name, width, height, scale: format === "png" ? 2 : 1 })
  }

  dispose() {
    this.observer.disconnect()
    this.plotly?.purge(this.plot)
    this.element.remove()
  }
}
