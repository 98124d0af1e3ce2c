// The numbers of a drawn figure as CSV: one row for each point of a line, cell of a heatmap and bin of a distribution.
// What is drawn as a power of ten is written as the number, and what has no place on the scale by its name.

const SPECIAL = ["exact zero", "NaN", "∞"]

function csv({ _fullData: traces, _fullLayout: layout }) {
  const rows = traces.flatMap((trace) => {
    const axis = (letter) => layout[trace[`${letter}axis`].replace(letter, `${letter}axis`)]
    if (trace.meta?.ridge) return bins(trace, axis("y"))
    return trace.z ? cells(trace) : points(trace, axis("x"), axis("y"))
  })
  const lines = [["series", "x", "y", "value"], ...rows]
  return lines.map((row) => row.map((cell) => `"${String(cell ?? "").replaceAll('"', '""')}"`).join(",")).join("\n")
}

function cells({ name, x, y, z, text, colorbar }) {
  const number = numbers(colorbar)
  const row = (cell, i, j) => [text ? "special" : name, x[i], y[j], text ? text[j][i] : number(cell)]
  return [...z].flatMap((line, j) => [...line].map((cell, i) => (isGap(cell) ? null : row(cell, i, j)))).filter(Boolean)
}

function points({ name, x, y }, xaxis, yaxis) {
  const [across, up] = [numbers(xaxis), numbers(yaxis)]
  return [...(x ?? [])]
    .map((value, i) => (isGap(y[i]) ? null : [name, across(value), SPECIAL.includes(name) ? name : up(y[i]), ""]))
    .filter(Boolean)
}

// A ridge goes up and down the steps of its bins: each begins and ends with a point at the height of its share.
function bins({ name, x, y, meta }, yaxis) {
  const { ridge, height } = meta
  const rows = []
  for (let start = 0; start + ridge <= y.length; start += ridge) {
    const base = start / ridge
    const layer = yaxis.ticktext[yaxis.tickvals.indexOf(base)] ?? base + 1
    for (let i = start + 1; i < start + ridge - 2; i += 2) {
      const range = SPECIAL[0] === name || name === "not finite" ? "" : `${10 ** x[i]} to ${10 ** x[i + 1]}`
      if (!isGap(y[i])) rows.push([name, range, layer, (y[i] - base) / height])
    }
  }
  return rows
}

// On an axis that names powers of ten lie logarithms.
function numbers(axis) {
  const isLogarithmic = [...(axis?.ticktext ?? [])].some((text) => /^10[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]/.test(text))
  return isLogarithmic ? (value) => 10 ** value : (value) => value
}

function isGap(value) {
  return value === null || value === undefined || Number.isNaN(value)
}

