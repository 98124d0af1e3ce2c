// What a plot names by colours, in the page's own type: no narrow column cuts it, and a row of plots has it once.

import { element } from "./elements.js"

const SIGNS = { "&lt;": "<", "&gt;": ">", "&amp;": "&" }

// The legend of drawn plots and their colours, which are the same in all plots of a row; words may stand before them.
export function showKey(root, plots, words = "") {
  const traces = plots.flatMap(({ _fullData }) => _fullData ?? []).filter(({ visible }) => visible === true)
  const named = new Map(traces.filter(({ showlegend }) => showlegend).map((trace) => [trace.name, trace]))
  const scaled = traces.filter(({ _input }) => _input.colorbar)
  root.replaceChildren(words, ...[...named.values()].map(entryOf), ...(scaled.length ? [barOf(scaled)] : []))
}

function entryOf(trace) {
  const entry = element("span", "vgdemo-entry")
  entry.append(swatchOf(trace), plain(trace.name))
  return entry
}

// Plotly reads names as HTML, so they come to it escaped; a text node takes the signs themselves.
function plain(name) {
  return name.replace(/&(lt|gt|amp);/g, (escaped) => SIGNS[escaped])
}

function swatchOf({ mode, fill, fillcolor, line, marker }) {
  if (mode === "markers") return filled("vgdemo-mark", marker.color)
  if (fill && fill !== "none") return filled("vgdemo-area", fillcolor)
  const swatch = element("i", "vgdemo-stroke")
  swatch.style.borderTop = `2px ${line.dash === "solid" ? "solid" : "dashed"} ${line.color}`
  return swatch
}

function filled(className, color) {
  const swatch = element("i", className)
  swatch.style.background = color
  return swatch
}

// Ends are those of the plots' own colour bars, ticks all that any of them has.
function barOf(traces) {
  const [{ colorscale, zmin, zmax }] = traces
  const bar = filled("vgdemo-colors", `linear-gradient(to right, ${colorscale.map(([at, color]) => `${color} ${100 * at}%`)})`)
  for (const [value, text] of ticksOf(traces)) {
    const tick = element("span", "", text)
    tick.style.left = `${(100 * (value - zmin)) / (zmax - zmin)}%`
    bar.append(tick)
  }
  return bar
}

// A tick that says "or less" stands for that of a plot in which nothing is less.
function ticksOf(traces) {
  const ticks = new Map()
  for (const { zmin, zmax, _input } of traces) {
    const { tickvals = [zmin, zmax], ticktext = tickvals.map(String) } = _input.colorbar
    tickvals.forEach((value, place) => {
      if (ticktext[place].length > (ticks.get(value)?.length ?? 0)) ticks.set(value, ticktext[place])
    })
  }
  return ticks
}
