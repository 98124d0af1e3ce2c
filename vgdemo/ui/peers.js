// Figures of one kind side by side: where the person points or zooms in one of them, the others follow.

// Call it once for each drawn figure; `peersOf` gives the drawn figures that are to follow it.
export function lead(figure, peersOf) {
  figure.plot.on("plotly_hover", ({ xvals, yvals }) => peersOf().forEach((peer) => point(peer, xvals?.[0], yvals?.[0])))
  figure.plot.on("plotly_unhover", () => peersOf().forEach(({ plotly, plot }) => plotly.Fx.unhover(plot)))
  figure.plot.on("plotly_relayout", (change) => {
    figure.rememberZoom(change)
    peersOf().forEach((peer) => zoom(peer, change))
  })
}

function point({ plotly, plot, content: { layout } }, x, y) {
  if (x === undefined) return
  plotly.Fx.hover(plot, { xval: position(layout.xaxis, x), yval: position(layout.yaxis, y) }, "xy", true)
}

// Plotly tells of a layer by its name, and wants its number.
function position({ categoryarray }, value) {
  return categoryarray?.indexOf(value) ?? value
}

// The ranges say whether a zoom is news, so that it does not come back for ever.
function zoom({ plotly, plot }, change) {
  const ranges = Object.entries(change).filter(([path]) => /^[xy]axis\d*\.range/.test(path))
  const isNews = ranges.some(([path, value]) => !isSame(valueAt(plot.layout, path), value))
  if (isNews) plotly.relayout(plot, Object.fromEntries(ranges))
}

// The value at a path such as "xaxis.range" or "xaxis.range[0]".
function valueAt(layout, path) {
  return path.split(/[.[\]]+/).filter(Boolean).reduce((value, key) => value?.[key], layout)
}

export function isSame(first, second) {
  return JSON.stringify(first) === JSON.stringify(second)
}
