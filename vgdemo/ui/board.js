// Draws a board of Plotly figures and keeps their DOM nodes, and the person's zoom, through every update.
// Figures that have frames stand below a slider that chooses the epoch, here in the browser.
// Runs side by side have a figure each of a kind: these stand in a group, and share axes, colours, zoom and hover.

import { stopAt, stopsOf } from "../figures/drawing.js"
import { painted } from "./elements.js"
import { Figure } from "./figure.js"
import { Group } from "./group.js"
import { plotlyOf } from "./library.js"
import { read } from "./sent.js"
import { themeOf } from "./theme.js"
import { Timeline } from "./timeline.js"

const boards = new WeakMap()

const REST_MILLISECONDS = 400 // After which a chosen epoch is told: playing them all tells the last alone.

export default function render({ data: sent, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".vgdemo-board")
  const board = boards.get(root) ?? new Board(root)
  boards.set(root, board)
  board.tell = (epoch) => setTriggerValue("chosen", { epoch })
  board.pick = (point) => setTriggerValue("picked", { point })
  board.toggleFit = () => setTriggerValue("fit", true)
  board.update(read(sent))
  // Streamlit cleans up now and then although the element stays, to render it again at once.
  return () => setTimeout(() => root.isConnected || board.dispose())
}

// On paper a plot shrinks as a picture does.
addEventListener("beforeprint", () => {
  for (const picture of document.querySelectorAll(".vgdemo-plot .main-svg"))
    picture.setAttribute("viewBox", `0 0 ${picture.width.baseVal.value} ${picture.height.baseVal.value}`)
})
addEventListener("afterprint", () => {
  for (const picture of document.querySelectorAll(".vgdemo-plot .main-svg")) picture.removeAttribute("viewBox")
})

class Board {
  constructor(root) {
    this.root = root
    this.figures = new Map()
    this.timesLed = 0
    this.groups = new Map() // By kind.
    this.epoch = null // The stop that the person chose; null follows the latest.
    this.fixedRow = root.querySelector(".vgdemo-fixed")
    this.framedRow = root.querySelector(".vgdemo-framed")
    this.timeline = new Timeline(root.querySelector(".vgdemo-timeline"), (epoch) => this.choose(epoch))
    // For a room the type is larger.
    this.presentation = new MutationObserver(() => this.update(this.data))
    this.presentation.observe(document.documentElement, { attributeFilter: ["data-present"] })
  }

  async update(data) {
    this.data = data
    const { library, figures, stale, columns, led, under, unit, picks = false, isFitted = null } = data
    const isLed = this.follow(led)
    const { theme } = this
    this.columns = columns
    this.under = under
    this.picks = picks // Whether a click on a point chooses it.
    this.isFitted = isFitted // Null where there is no choice of scales.
    this.style(theme, stale)
    for (const [name, picture] of Object.entries(figures)) this.figureOf(name, picture).setPicture(picture, theme)
    this.removeAllBut(figures)
    this.arrange()
    this.timeline.setStops(this.stops, this.shownStop, unit, this.epoch)
    if (isLed) for (const figure of this.all) figure.showEpoch(this.shownStop)
    const plotly = await plotlyOf(library)
    await this.drawOutdated(plotly)
    for (const group of this.groups.values()) group.showKey(this.inGroup(group))
  }

  // While one is drawn another update may come, and take away or draw what is next here.
  async drawOutdated(plotly) {
    let isFirst = true
    for (const figure of this.figures.values()) {
      if (!figure.isOutdated) continue
      await figure.draw(plotly, this.shownStop)
      if (isFirst) await painted() // A person sees it before the others are drawn.
      isFirst = false
    }
  }

  // Only where an address has led since then: what the server says of the epoch is older than where the slider is now.
  follow({ times, epoch }) {
    const isLed = times !== this.timesLed
    if (isLed) this.epoch = epoch
    this.timesLed = times
    return isLed
  }

  style(theme, stale) {
    this.root.classList.toggle("vgdemo-stale", stale)
    this.root.setAttribute("aria-busy", stale)
    this.root.classList.toggle("vgdemo-compared", this.columns > 1)
    this.root.style.setProperty("--columns", this.columns)
    this.root.style.colorScheme = theme.isDark ? "dark" : "light" // The slider is the browser's own.
  }

  // Below the page's title or a subheading; the columns' titles stand below that of their group.
  figureOf(name, { column }) {
    if (!this.figures.has(name)) this.figures.set(name, new Figure(name, this, `h${(this.under ? 4 : 2) + (column ? 1 : 0)}`))
    return this.figures.get(name)
  }

  removeAllBut(wanted) {
    for (const [name, figure] of this.figures) {
      if (Object.hasOwn(wanted, name)) continue
      figure.dispose()
      this.figures.delete(name)
    }
  }

  arrange() {
    for (const figure of this.all) {
      this.place(figure)
      figure.align(this.peersOf(figure))
      figure.offerFit(this.isFitted)
    }
    for (const group of this.groups.values()) {
      const [first] = this.inGroup(group)
      if (first) group.describe(first)
      else this.removeGroup(group)
    }
  }

  place(figure) {
    const row = figure.isFramed ? this.framedRow : this.fixedRow
    const place = figure.column ? this.groupOf(figure.kind, row).columns : row
    if (figure.element.parentElement !== place) place.append(figure.element)
  }

  groupOf(kind, row) {
    if (!this.groups.has(kind)) {
      const group = new Group(kind)
      this.groups.set(kind, group)
      row.append(group.element)
    }
    return this.groups.get(kind)
  }

  inGroup(group) {
    return this.all.filter(({ kind, column }) => column && kind === group.kind)
  }

  removeGroup(group) {
    group.element.remove()
    this.groups.delete(group.kind)
  }

  get all() {
    return [...this.figures.values()]
  }

  peersOf(figure) {
    return this.all.filter(({ kind }) => kind === figure.kind)
  }

  get stops() {
    return stopsOf(this.all.map(({ content }) => content))
  }

  get theme() {
    return themeOf(this.root)
  }

  get shownStop() {
    return stopAt(this.stops, this.epoch ?? Infinity) ?? null
  }

  choose(epoch) {
    const { stops } = this
    if (!stops.length) return
    const stop = stopAt(stops, epoch)
    this.epoch = stop === stops.at(-1) ? null : stop
    this.timeline.show(stop)
    for (const figure of this.all) figure.showEpoch(stop)
    clearTimeout(this.rest)
    this.rest = setTimeout(() => this.tell(this.epoch), REST_MILLISECONDS)
  }

  // A click on a point chooses its epoch or, where points are runs of a study, its run.
  take(figure, { x, customdata }) {
    if (figure.isOverEpochs) this.choose(x)
    else if (this.picks && customdata) this.pick(Array.from(customdata))
  }

  dispose() {
    this.timeline.pause()
    clearTimeout(this.rest)
    this.presentation.disconnect()
    for (const figure of this.all) figure.dispose()
  }
}
