// What a plot names by colours, in the page's own type: no narrow column cuts it, and a row of plots has it once.

import { element } from "./elements.js"

// The legend of drawn plots and their colours, which are the same in all plots of a row; words may stand before them.
export function showKey(root, plots, words = "") {
  const traces = plots.flatMap(({ _fullData }) => _fullData ?? []).filter(({ visible }) => visible === true)
  const named = new Map(traces.filter(({ showlegend }) => showlegend).map((trace) => [trace.name, trace]))
  const scaled = traces.find(({ _input }) => _input.colorbar)
  root.replaceChildren(words, ...[...named.values()].map(entryOf), ...(scaled ? [barOf(scaled)] : []))
}

function entryOf(trace) {
  const entry = element("span", "vgdemo-entry")
  entry.append(swatchOf(trace), trace.name)
  return entry
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

// Ends and ticks are those of the plot's own colour bar.
function barOf({ colorscale, zmin, zmax, _input: { colorbar } }) {
  const { tickvals = [zmin, zmax], ticktext = tickvals.map(String) } = colorbar
  const share = (value) => `${(100 * (value - zmin)) / (zmax - zmin)}%`
  const bar = filled("vgdemo-colors", `linear-gradient(to right, ${colorscale.map(([at, color]) => `${color} ${100 * at}%`)})`)
  bar.append(
    ...tickvals.map((value, place) => {
      const tick = element("span", "", ticktext[place])
      tick.style.left = share(value)
      return tick
    }),
  )
  return bar
}
