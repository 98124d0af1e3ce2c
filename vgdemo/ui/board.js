// Draws a board of Plotly figures and keeps their DOM nodes, and the person's zoom, through every update.
// Figures that have frames stand below a slider that chooses the epoch, here in the browser.
// Runs side by side have a figure each of every kind, named "kind A", "kind B": these share axes, zoom and hover.

const boards = new WeakMap()
const FRAME_SECONDS = 0.12

export default function render({ data, parentElement }) {
  const root = parentElement.querySelector(".vgdemo-board")
  const board = boards.get(root) ?? new Board(root)
  boards.set(root, board)
  board.update(data)
  // Streamlit cleans up now and then although the element stays, to render it again at once.
  return () => setTimeout(() => root.isConnected || board.stop())
}

function library(url) {
  globalThis.vgdemoPlotly ??= new Promise((resolve, reject) => {
    const script = document.createElement("script")
    script.src = url
    script.onload = () => resolve(globalThis.Plotly)
    script.onerror = () => reject(new Error(`plotly.js could not be loaded from ${url}`))
    document.head.append(script)
  })
  return globalThis.vgdemoPlotly
}

class Board {
  constructor(root) {
    this.root = root
    this.figures = new Map()
    this.epoch = null // The stop that the person chose; null follows the latest.
    this.fixedRow = root.querySelector(".vgdemo-fixed")
    this.framedRow = root.querySelector(".vgdemo-framed")
    this.timeline = new Timeline(root.querySelector(".vgdemo-timeline"), (epoch) => this.choose(epoch))
  }

  async update({ library: url, figures, stale, columns }) {
    this.root.classList.toggle("vgdemo-stale", stale)
    this.root.setAttribute("aria-busy", stale)
    this.root.classList.toggle("vgdemo-compared", columns > 1)
    this.root.style.setProperty("--columns", columns)
    const theme = themeOf(this.root)
    this.root.style.colorScheme = theme.isDark ? "dark" : "light" // The slider is the browser's own.
    const changed = Object.entries(figures).filter(([name, json]) => this.figure(name).take(json, theme))
    this.place(Object.keys(figures))
    const moved = [...this.figures.values()].filter((figure) => figure.share(this.peers(figure)))
    this.timeline.setStops(this.stops(), this.epoch)
    this.plotly = await library(url)
    const drawn = new Set([...changed.map(([name]) => this.figure(name)), ...moved])
    for (const figure of drawn) await figure.draw(this.plotly, this.shownEpoch())
  }

  figure(name) {
    if (!this.figures.has(name)) this.figures.set(name, new Figure(name, this))
    return this.figures.get(name)
  }

  peers(figure) {
    return [...this.figures.values()].filter(({ kind }) => kind === figure.kind)
  }

  place(names) {
    for (const [name, figure] of this.figures) {
      const row = figure.isFramed ? this.framedRow : this.fixedRow
      if (!names.includes(name)) {
        figure.remove()
        this.figures.delete(name)
      } else if (figure.element.parentElement !== row) row.append(figure.element)
    }
  }

  stops() {
    const epochs = [...this.figures.values()].flatMap((figure) => figure.epochs)
    return [...new Set(epochs)].sort((a, b) => a - b)
  }

  shownEpoch() {
    return this.epoch ?? this.stops().at(-1) ?? null
  }

  choose(epoch) {
    const stops = this.stops()
    if (!stops.length) return
    const stop = stops.findLast((one) => one <= epoch) ?? stops[0]
    this.epoch = stop === stops.at(-1) ? null : stop
    this.timeline.show(stop)
    for (const figure of this.figures.values()) figure.showEpoch(this.plotly, stop)
  }

  stop() {
    this.timeline.pause()
    for (const figure of this.figures.values()) figure.remove()
  }
}

class Timeline {
  constructor(root, choose) {
    this.root = root
    this.choose = choose
    this.stops = []
    this.slider = root.querySelector("input")
    this.output = root.querySelector("output")
    this.button = root.querySelector("button")
    this.slider.oninput = () => {
      this.pause()
      choose(this.stops[this.slider.value])
    }
    this.button.onclick = () => (this.timer ? this.pause() : this.play())
  }

  setStops(stops, chosen) {
    this.stops = stops
    this.slider.max = Math.max(0, stops.length - 1)
    this.slider.disabled = this.button.disabled = stops.length < 2
    this.show(stops.findLast((one) => one <= (chosen ?? Infinity)) ?? stops[0])
  }

  show(epoch) {
    this.slider.value = Math.max(0, this.stops.indexOf(epoch))
    this.output.textContent = epoch ?? "–"
    this.slider.setAttribute("aria-valuetext", `epoch ${epoch ?? "none"}`)
  }

  play() {
    if (Number(this.slider.value) === this.stops.length - 1) this.choose(this.stops[0])
    this.timer = setInterval(() => this.step(), FRAME_SECONDS * 1000)
    this.mark()
  }

  step() {
    const next = Number(this.slider.value) + 1
    if (next >= this.stops.length) this.pause()
    else this.choose(this.stops[next])
  }

  pause() {
    clearInterval(this.timer)
    this.timer = null
    this.mark()
  }

  mark() {
    this.button.textContent = this.timer ? "⏸" : "▶"
    this.button.setAttribute("aria-label", this.timer ? "Pause" : "Play the epochs")
  }
}

class Figure {
  constructor(name, board) {
    this.board = board
    this.kind = name.split(" ")[0]
    this.epochs = []
    this.element = element("figure", "vgdemo-figure")
    this.element.dataset.name = name
    this.element.classList.toggle("vgdemo-wide", name === this.kind)
    this.title = element("h3")
    this.reading = element("p")
    const words = element("div")
    words.append(this.title, this.reading)
    const caption = element("figcaption")
    caption.append(words, this.tools(name))
    this.plot = element("div", "vgdemo-plot")
    this.plot.setAttribute("role", "img")
    this.element.append(caption, this.plot)
    // A figure that is leaving the page has no width any more, and Plotly refuses to measure it.
    this.observer = new ResizeObserver(() => this.plot.clientWidth && this.plotly?.Plots.resize(this.plot))
  }

  get isFramed() {
    return this.content.layout.meta.framed
  }

  take(json, theme) {
    const key = JSON.stringify(theme) + json
    if (key === this.key) return false
    this.key = key
    const before = this.content?.layout.uirevision
    this.content = JSON.parse(json)
    if (this.content.layout.uirevision !== before) this.zoom = {}
    this.theme = theme
    this.frames = new Map((this.content.frames ?? []).map((frame) => [Number(frame.name), frame]))
    this.epochs = [...this.frames.keys()]
    const { title } = this.content.layout
    this.title.textContent = title.text
    this.read(title.subtitle.text)
    return true
  }

  // Axes that reach as far as those of any figure of this kind; tells whether they have moved.
  share(peers) {
    const shared = Object.fromEntries(
      axesOf(this.content).map((axis) => {
        const ranges = peers.map(({ content }) => content.layout[axis].range)
        return [axis, [Math.min(...ranges.map(([low]) => low)), Math.max(...ranges.map(([, high]) => high))]]
      }),
    )
    const hasMoved = JSON.stringify(shared) !== JSON.stringify(this.ranges)
    this.ranges = shared
    return hasMoved
  }

  read(sentence) {
    this.reading.textContent = sentence
    this.reading.title = sentence
    this.plot.setAttribute("aria-label", `${this.content.layout.meta.alt} ${sentence}`)
  }

  async draw(plotly, epoch) {
    const isNew = !this.plotly
    this.plotly = plotly
    await plotly.react(this.plot, this.traces(epoch), this.layout(epoch), { displayModeBar: false })
    if (!isNew) return
    this.observer.observe(this.plot)
    this.plot.on("plotly_click", ({ points }) => this.content.layout.meta.epochs && this.board.choose(points[0].x))
    const others = () => this.board.peers(this).filter((peer) => peer !== this && peer.plotly)
    this.plot.on("plotly_hover", ({ xvals, yvals }) => others().forEach((peer) => peer.hover(xvals?.[0], yvals?.[0])))
    this.plot.on("plotly_unhover", () => others().forEach((peer) => plotly.Fx.unhover(peer.plot)))
    this.plot.on("plotly_relayout", (change) => {
      this.remember(change)
      others().forEach((peer) => peer.follow(change))
    })
  }

  hover(x, y) {
    if (x === undefined) return
    this.plotly.Fx.hover(this.plot, { xval: this.position("xaxis", x), yval: this.position("yaxis", y) }, "xy", true)
  }

  // Plotly tells of a layer by its name, and wants its number.
  position(axis, value) {
    return this.content.layout[axis].categoryarray?.indexOf(value) ?? value
  }

  // Plotly itself keeps only what the person did to this very plot, not what it took over from another column.
  remember(change) {
    for (const axis of Object.keys(this.ranges)) {
      const isTouched = Object.keys(change).some((name) => name.startsWith(`${axis}.`))
      const range = [...this.plot.layout[axis].range]
      if (isTouched && !sameRange(range, this.ranges[axis])) this.zoom[axis] = range
      else if (isTouched) delete this.zoom[axis]
    }
  }

  // Take a zoom over from another column; the ranges say whether it is news, so that it does not come back for ever.
  follow(change) {
    const zoom = Object.entries(change).filter(([name]) => /^[xy]axis\d*\.range/.test(name))
    const isNews = zoom.some(([name, value]) => !sameRange(read(this.plot.layout, name), value))
    if (isNews) this.plotly.relayout(this.plot, Object.fromEntries(zoom))
  }

  showEpoch(plotly, epoch) {
    if (!this.plotly) return
    if (this.frames.size) plotly.react(this.plot, this.traces(epoch), this.layout(epoch))
    else if (this.content.layout.meta.epochs) plotly.relayout(this.plot, { shapes: cursor(this.theme, epoch) })
  }

  traces(epoch) {
    const stop = this.epochs.findLast((one) => one <= epoch) ?? this.epochs[0]
    const frame = this.frames.get(stop)
    if (!frame) return this.content.data
    this.read(frame.layout.title.subtitle.text)
    return this.content.data.map((trace, index) => ({ ...trace, ...frame.data[frame.traces.indexOf(index)] }))
  }

  layout(epoch) {
    const { title, margin, ...layout } = this.content.layout
    const ranges = Object.entries({ ...this.ranges, ...this.zoom })
    const axes = ranges.map(([name, range]) => [name, { ...layout[name], ...this.ticks(name), range: [...range] }])
    return {
      ...layout,
      ...Object.fromEntries(axes),
      template: template(this.theme),
      // The title stands above the plot, in the page's own type; the legend alone needs room there.
      margin: { ...margin, t: 24 },
      shapes: layout.meta.epochs && epoch !== null ? cursor(this.theme, epoch) : [],
      // On a touch screen a drag scrolls the page.
      dragmode: matchMedia("(pointer: coarse)").matches ? false : "zoom",
      autosize: true,
    }
  }

  // Beside a deeper network the layers of this one lie closer than their names are high: fewer are named.
  ticks(name) {
    const { type, tickvals, range } = this.content.layout[name]
    if (type !== "category") return {}
    const step = Math.ceil(length(this.ranges[name]) / length(range))
    const last = tickvals.length - 1
    return { tickvals: tickvals.filter((_, i) => i === 0 || (i >= step && (last - i) % step === 0)) }
  }

  tools(name) {
    const tools = element("div", "vgdemo-tools")
    tools.append(
      button("reset", "Reset the zoom", () => this.resetZoom()),
      button("csv", "Download the numbers as CSV", () => download(`${name}.csv`, csv(this.plot))),
      button("svg", "Download the picture as SVG", () => this.picture(name, "svg")),
      button("png", "Download the picture as PNG", () => this.picture(name, "png")),
    )
    return tools
  }

  resetZoom() {
    const ranges = Object.entries(this.ranges).map(([name, range]) => [`${name}.range`, [...range]])
    this.plotly.relayout(this.plot, Object.fromEntries(ranges))
  }

  picture(name, format) {
    const { clientWidth: width, clientHeight: height } = this.plot
    this.plotly.downloadImage(this.plot, { format, filename: name, width, height, scale: format === "png" ? 2 : 1 })
  }

  remove() {
    this.observer.disconnect()
    this.plotly?.purge(this.plot)
    this.element.remove()
  }
}

function axesOf({ layout }) {
  return Object.keys(layout).filter((name) => /^[xy]axis\d*$/.test(name))
}

// The value at a path such as "xaxis.range" or "xaxis.range[0]".
function read(layout, path) {
  return path.split(/[.[\]]+/).filter(Boolean).reduce((value, key) => value?.[key], layout)
}

function length([low, high]) {
  return high - low
}

function sameRange(first, second) {
  return JSON.stringify(first) === JSON.stringify(second)
}

function element(tag, className = "") {
  const made = document.createElement(tag)
  made.className = className
  return made
}

function button(text, label, action) {
  const made = element("button")
  made.type = "button"
  made.textContent = text
  made.title = label
  made.setAttribute("aria-label", label)
  made.onclick = action
  return made
}

function themeOf(root) {
  const style = getComputedStyle(root)
  const read = (name) => style.getPropertyValue(name).trim()
  return {
    text: read("--st-text-color"),
    grid: read("--st-border-color-light") || read("--st-border-color"),
    panel: read("--st-secondary-background-color"),
    font: read("--st-font"),
    isDark: isDark(read("--st-background-color")),
  }
}

function isDark(color) {
  const [red, green, blue] = (color.match(/[0-9a-f]{2}/gi) ?? ["ff", "ff", "ff"]).map((digits) => parseInt(digits, 16))
  return 0.299 * red + 0.587 * green + 0.114 * blue < 128
}

function template({ text, grid, panel, font }) {
  const axis = { gridcolor: grid, linecolor: grid, zeroline: false, automargin: false, ticks: "" }
  return {
    layout: {
      font: { color: text, family: font },
      paper_bgcolor: "rgba(0,0,0,0)",
      plot_bgcolor: "rgba(0,0,0,0)",
      hoverlabel: { bgcolor: panel, bordercolor: grid, font: { color: text } },
      xaxis: axis,
      yaxis: axis,
    },
  }
}

function cursor({ text }, epoch) {
  const line = { color: text, width: 1, dash: "dot" }
  return [{ type: "line", xref: "x", yref: "paper", x0: epoch, x1: epoch, y0: 0, y1: 1, line }]
}

function download(name, text) {
  const link = element("a")
  link.href = URL.createObjectURL(new Blob([text], { type: "text/csv" }))
  link.download = name
  link.click()
  URL.revokeObjectURL(link.href)
}
