// The numbers of a drawn figure as CSV: one row for each point of a line, cell of a heatmap and bin of a distribution.
// Where an axis holds logarithms the numbers themselves are written, and what has no place on the scale by its name.

// Traces are Plotly's, with arrays in place of encoded ones; the layout's meta names the axes that hold logarithms, "z"
// the colours.
export function table(traces, layout) {
  const { log10 } = layout.meta
  const rows = traces.flatMap((trace) => rowsOf(trace, (axis) => numberOn(log10.includes(axis))))
  return { columns: ["series", "x", "y", "value"], rows }
}

export function csv(traces, log10) {
  const { columns, rows } = table(traces, { meta: { log10 } })
  return [columns, ...rows].map(line).join("\n")
}

function rowsOf(trace, numberOf) {
  if (trace.meta?.ranges) return binRows(trace)
  const [x, y] = [numberOf(axisOf(trace.xaxis)), numberOf(axisOf(trace.yaxis))]
  return trace.z ? cellRows(trace, x, y, numberOf("z")) : pointRows(trace, x, y)
}

function numberOn(isLogarithmic) {
  return isLogarithmic ? (value) => 10 ** value : (value) => value
}

// A trace calls the axis "x2" that the layout calls "xaxis2".
function axisOf(reference) {
  return `${reference[0]}axis${reference.slice(1)}`
}

function cellRows({ name, x, y, z, text, meta }, across, up, number) {
  const row = (cell, i, j) =>
    meta?.special ? ["special", across(x[i]), up(y[j]), text[j][i]] : [name, across(x[i]), up(y[j]), number(cell)]
  return list(z).flatMap((cells, j) => list(cells).flatMap((cell, i) => (isGap(cell) ? [] : [row(cell, i, j)])))
}

function pointRows({ name, x, y, meta }, across, up) {
  const row = (value, i) => [name, across(value), meta?.special ? name : up(y[i]), ""]
  return list(x).flatMap((value, i) => (isGap(y[i]) ? [] : [row(value, i)]))
}

function binRows({ name, customdata, meta: { labels, ranges } }) {
  const row = (share, i, j) => [name, ranges[i]?.join(" to "), labels[j], share]
  return list(customdata).flatMap((shares, j) =>
    list(shares).flatMap((share, i) => (isGap(share) ? [] : [row(share, i, j)])),
  )
}

function line(row) {
  return row.map((cell) => `"${String(cell ?? "").replaceAll('"', '""')}"`).join(",")
}

// The `map` of a typed array holds numbers alone.
function list(values) {
  return [...(values ?? [])]
}

function isGap(value) {
  return value === null || value === undefined || Number.isNaN(value)
}
