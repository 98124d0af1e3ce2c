// How a browser draws a figure, on the dashboard and in the report: pure functions of Plotly's JSON of it.
// An axis is named as in the layout, "xaxis2"; an epoch is that of a stop of the slider, of which a figure with frames
// has one for each frame.

import { withWords } from "./wording.js"

const TYPE = 12 // Pixels of the type that margins and legends of the figures are made for.
const BARE = { l: 46, r: 10, b: 22 } // Around a plot that names neither its axes nor its colours.

// The epochs at which any of these figures changes, from the first to the last.
export function stopsOf(contents) {
  const epochs = contents.flatMap(({ frames }) => (frames ?? []).map(epochOf))
  return [...new Set(epochs)].toSorted((a, b) => a - b)
}

// The last stop that is not after an epoch, or the first there is.
export function stopAt(stops, epoch) {
  return stops.findLast((stop) => stop <= epoch) ?? stops[0]
}

// The stop that lies closest to an epoch.
export function nearestStop(stops, epoch) {
  return stops.toSorted((one, other) => Math.abs(one - epoch) - Math.abs(other - epoch))[0]
}

// The traces as they are at an epoch, which stands in their `meta`; without frames they are always the same.
export function tracesAt({ data, frames }, epoch) {
  const frame = frameAt(frames, epoch)
  return (frame ? data.map((trace, place) => framed(trace, frame, place)) : data).map(withWords)
}

function framed(trace, frame, place) {
  const meta = { ...trace.meta, epoch: epochOf(frame) }
  return { ...trace, ...frame.data[frame.traces.indexOf(place)], meta }
}

// The sentence that says what to see at an epoch, or at the one before it that was recorded.
export function readingAt({ layout, frames }, epoch) {
  const frame = frameAt(frames, epoch)
  const sentence = (frame?.layout ?? layout).title.subtitle.text
  const isEarlier = frame && epochOf(frame) < epoch
  return isEarlier ? `${sentence} Epoch ${epochOf(frame)} is the last one recorded before ${epoch}.` : sentence
}

// The ends of the colours of a figure of a row, which reach as far as in any of them; none without a scale.
export function alignedColors(peers) {
  const scaled = peers.flatMap(({ data }) => data.filter(hasScale))
  return scaled.length ? hull(scaled.map(({ zmin, zmax }) => [zmin, zmax])) : null
}

// The traces with the colours of a row, whose scale stands once for all.
export function recolored(traces, colors) {
  const [zmin, zmax] = colors ?? []
  return traces.map((trace) => (hasScale(trace) ? { ...trace, zmin, zmax, showscale: false } : trace))
}

function hasScale({ colorbar }) {
  return Boolean(colorbar)
}

// The traces as those of one column: what is pointed at says of which.
export function ofColumn(traces, column) {
  const named = (template) => template.replace("<extra>", `<extra>${column}`)
  return traces.map((trace) => (trace.hovertemplate ? { ...trace, hovertemplate: named(trace.hovertemplate) } : trace))
}

// What the axes of a figure are, in one line.
export function axisNames(layout) {
  const names = (letter) =>
    axesOf(layout)
      .filter((name) => name.startsWith(letter) && layout[name].visible !== false)
      .map((name) => layout[name].title?.text)
      .filter(Boolean)
      .join("; ")
  return `→ ${names("x")}, ↑ ${names("y")}`
}

// The layout of one figure of a row whose legend, colours and axes are named once for all: the plot has their room.
export function bareLayout(layout) {
  const unnamed = axesOf(layout).map((name) => [name, { ...layout[name], title: { text: "" } }])
  return { ...layout, ...Object.fromEntries(unnamed), showlegend: false, margin: { ...layout.margin, ...BARE } }
}

// What a person hears who cannot see the figure.
export function spoken({ layout }, reading) {
  return `${layout.meta.alt} ${reading}`
}

// Range and ticks of each axis of a layout, which reaches as far as it does in any figure of this kind.
export function alignedAxes(layout, peers) {
  const axes = axesOf(layout).map((name) => {
    const range = hull(peers.map((peer) => peer[name].range))
    return [name, { range, ...thinnedTicks(layout[name], range) }]
  })
  return Object.fromEntries(axes)
}

// The layout to draw: what stands in words above the plot is left out of it.
export function drawnLayout(layout, { axes, theme, top, isTouched }) {
  const { title, margin, ...rest } = layout
  const scale = (theme.type ?? TYPE) / TYPE
  const aligned = Object.entries(axes).map(([name, axis]) => [
    name,
    { ...layout[name], ...axis, range: [...axis.range] }, // Plotly writes into the range that it is given.
  ])
  return {
    ...rest,
    ...Object.fromEntries(aligned),
    template: templateOf(theme),
    ...typeOf(layout, scale),
    margin: multiplied({ ...margin, t: top }, scale),
    dragmode: isTouched ? false : "zoom", // A finger that drags scrolls the page.
    autosize: true,
  }
}

// The legend and the notes in the plot keep their size beside the axes' type.
function typeOf({ legend, annotations }, scale) {
  const sized = (part) => ({ ...part, font: { ...part.font, size: (part.font?.size ?? TYPE) * scale } })
  return {
    font: { size: TYPE * scale },
    ...(legend && { legend: sized(legend) }),
    ...(annotations && { annotations: annotations.map(sized) }),
  }
}

function multiplied(sizes, factor) {
  return Object.fromEntries(Object.entries(sizes).map(([name, size]) => [name, size * factor]))
}

// Titles of axes are no larger than what the axes say: in a small figure those of two axes stand one above the other.
function templateOf({ text, grid, panel, font, type = TYPE }) {
  const axis = { title: { font: { size: type } }, gridcolor: grid, linecolor: grid, zeroline: false, ticks: "" }
  const transparent = "rgba(0,0,0,0)"
  return {
    layout: {
      font: { color: text, family: font },
      paper_bgcolor: transparent,
      plot_bgcolor: transparent,
      hoverlabel: { bgcolor: panel, bordercolor: grid, font: { color: text } },
      modebar: { bgcolor: transparent, color: text },
      xaxis: axis,
      yaxis: axis,
    },
  }
}

function axesOf(layout) {
  return Object.keys(layout).filter((name) => /^[xy]axis\d*$/.test(name))
}

function hull(ranges) {
  return [Math.min(...ranges.map(([low]) => low)), Math.max(...ranges.map(([, high]) => high))]
}

// Beside a deeper network the layers of this one lie closer than their names are high: fewer are named.
function thinnedTicks({ type, tickvals, ticktext, range }, wider) {
  if (type !== "category") return {}
  const step = Math.ceil(length(wider) / length(range))
  const last = tickvals.length - 1
  const isNamed = (_, place) => place === 0 || (place >= step && (last - place) % step === 0)
  return { tickvals: tickvals.filter(isNamed), ...(ticktext && { ticktext: ticktext.filter(isNamed) }) }
}

function length([low, high]) {
  return high - low
}

function frameAt(frames, epoch) {
  return frames?.findLast((frame) => epochOf(frame) <= epoch) ?? frames?.[0]
}

// Plotly takes a string alone as the name of a frame.
function epochOf({ name }) {
  return Number(name)
}
