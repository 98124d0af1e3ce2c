// One figure of a board: caption, tools and plot, whose nodes stay through every update.

import { alignedAxes, alignedColors, bareLayout, drawnLayout, ofColumn } from "../figures/drawing.js"
import { readingAt, recolored, spoken, tracesAt } from "../figures/drawing.js"
import { Caption } from "./caption.js"
import { button, download, element, relabel } from "./elements.js"
import { showKey } from "./key.js"
import { csv, table } from "./numbers.js"
import { isSame, lead } from "./peers.js"
import { showTable } from "./table.js"

// The title stands above the plot, in the page's own type: pixels for the legend, or half of the topmost number, alone.
const TOP = 24
const TOP_WITHOUT_LEGEND = 8
const WIDTH = 560 // Pixels that a downloaded picture is wide at least: it has legend and colours beside the plot.
const TOOLS = {
  fit: ["Fit the scales of", (figure) => figure.board.toggleFit(), "to the runs on the page"],
  reset: ["Reset the zoom of", (figure) => figure.resetZoom()],
  table: ["Show the numbers of", (figure) => figure.showNumbers(), "as a table"],
  csv: ["Download the numbers of", (figure) => figure.downloadNumbers(), "as CSV"],
  svg: ["Download the picture of", (figure) => figure.downloadPicture("svg"), "as SVG"],
  png: ["Download the picture of", (figure) => figure.downloadPicture("png"), "as PNG"],
}

export class Figure {
  constructor(name, board, heading) {
    this.name = name
    this.board = board
    this.zoom = {} // Axis to the range that the person chose.
    this.isOutdated = false // Whether the plot shows something other than it should.
    this.caption = new Caption(heading)
    this.key = element("div", "vgdemo-key")
    this.plot = element("div", "vgdemo-plot")
    this.plot.setAttribute("role", "img")
    this.element = element("figure", "vgdemo-figure")
    this.element.dataset.name = name
    this.caption.line.append(this.toolbar())
    this.caption.element.append(this.key)
    this.element.append(this.caption.element, this.plot)
    // A figure that is leaving the page has no width any more, and Plotly refuses to measure it.
    this.observer = new ResizeObserver(() => this.plot.clientWidth && this.resize())
  }

  toolbar() {
    this.tools = Object.entries(TOOLS).map(([text, [, act]]) => button(text, text, () => act(this)))
    const toolbar = element("div", "vgdemo-tools")
    toolbar.append(...this.tools)
    return toolbar
  }

  // A figure whose scale is that of all runs can have one that ends where its values do.
  offerFit(isFitted) {
    const [fit] = this.tools
    fit.hidden = isFitted === null || !this.content.layout.meta.scale.length
    fit.setAttribute("aria-pressed", isFitted)
  }

  get isFramed() {
    return this.content.layout.meta.framed
  }

  // Whether it is drawn over the epochs, so that a chosen one can be marked.
  get isOverEpochs() {
    return this.content.layout.meta.epochs
  }

  // Whether legend and colours stand in words above the plot.
  get isKeyed() {
    return this.board.columns > 1
  }

  setPicture({ kind, json, column, file }, theme) {
    this.file = this.element.dataset.file = file || this.name
    if (json === this.json && isSame(theme, this.theme)) return
    const before = this.content?.layout.uirevision
    Object.assign(this, { kind, json, column, theme, content: JSON.parse(json), isOutdated: true })
    if (this.content.layout.uirevision !== before) this.zoom = {}
    this.setTitle(this.content.layout)
    this.setReading(this.content.layout.title.subtitle.text)
  }

  // What tells its buttons from those of other figures, also of other boards.
  get heard() {
    return [this.title, this.board.under].filter(Boolean).join(", ")
  }

  // In a group the column alone is named here.
  setTitle({ title: { text }, meta: { how } }) {
    this.title = this.column ? `${this.column} · ${text}` : text
    this.caption.setTitle(this.column || text, this.column ? "" : how, this.heard)
    this.element.dataset.column = this.column
    this.key.hidden = !this.isKeyed || Boolean(this.column)
    Object.values(TOOLS).forEach(([does, , as = ""], place) =>
      relabel(this.tools[place], `${does} ‘${this.heard}’ ${as}`.trim()),
    )
  }

  setReading(sentence) {
    this.caption.setReading(sentence)
    this.plot.setAttribute("aria-label", `${this.title}. ${spoken(this.content, sentence)}`)
  }

  align(peers) {
    const axes = alignedAxes(this.content.layout, peers.map(({ content }) => content.layout))
    const colors = alignedColors(peers.map(({ content }) => content))
    this.isOutdated ||= !isSame([axes, colors], [this.axes, this.colors])
    Object.assign(this, { axes, colors })
  }

  async draw(plotly, epoch) {
    const isNew = !this.plotly
    Object.assign(this, { plotly, isOutdated: false })
    this.setReading(readingAt(this.content, epoch))
    await plotly.react(this.plot, this.traces(epoch), this.layout(epoch), { displayModeBar: false })
    if (!this.key.hidden) showKey(this.key, [this.plot])
    if (isNew) this.listen()
  }

  listen() {
    this.observer.observe(this.plot)
    this.plot.on("plotly_click", ({ points: [point] }) => this.board.take(this, point))
    lead(this, () => this.board.peersOf(this).filter((peer) => peer !== this && peer.plotly))
  }

  // Before a room the type is another as well.
  resize() {
    const theme = this.board.theme
    if (isSame(theme, this.theme)) return this.plotly.Plots.resize(this.plot)
    this.theme = theme
    return this.draw(this.plotly, this.board.shownStop)
  }

  showEpoch(epoch) {
    if (!this.plotly) return
    if (this.content.frames?.length) this.draw(this.plotly, epoch)
    else if (this.isOverEpochs) this.plotly.relayout(this.plot, { shapes: this.cursor(epoch) })
  }

  traces(epoch) {
    const traces = tracesAt(this.content, epoch)
    return this.column ? recolored(ofColumn(traces, this.column), this.colors) : traces
  }

  layout(epoch) {
    const { layout } = this.content
    const shown = this.column ? bareLayout(layout) : { ...layout, ...(this.isKeyed && { showlegend: false }) }
    const shapes = this.isOverEpochs && epoch !== null ? this.cursor(epoch) : []
    return { ...this.styled(shown, this.isKeyed ? TOP_WITHOUT_LEGEND : TOP), shapes }
  }

  styled(layout, top) {
    const isTouched = matchMedia("(pointer: coarse)").matches
    const axes = Object.entries(this.axes).map(([name, axis]) => [name, { ...axis, range: this.zoom[name] ?? axis.range }])
    return drawnLayout(layout, { axes: Object.fromEntries(axes), theme: this.theme, top, isTouched })
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
  downloadNumbers() {
    download(`${this.file}.csv`, csv(this.plot._fullData, this.content.layout))
  }

  showNumbers() {
    const caption = `${this.heard}. ${this.caption.reading.textContent}`
    showTable(this.board.root, caption, table(this.plot._fullData, this.content.layout))
  }

  // Whole, with its legend and its colours, also where the page says them once for a row.
  downloadPicture(format) {
    const { clientWidth, clientHeight: height } = this.plot
    const picture = { data: tracesAt(this.content, this.board.shownStop), layout: this.styled(this.content.layout, TOP) }
    const size = { width: Math.max(WIDTH, clientWidth), height, scale: format === "png" ? 2 : 1 }
    this.plotly.downloadImage(picture, { format, filename: this.file, ...size })
  }

  dispose() {
    this.observer.disconnect()
    this.plotly?.purge(this.plot)
    this.element.remove()
  }
}
