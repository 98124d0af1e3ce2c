// The numbers of a drawn figure as a table with named columns, one row for each thing that was measured, and as CSV.
// A trace says in `meta.columns` what it adds: the name of a column to where its value lies in the trace, such as "x[i]"
// or "customdata[j][0]", for all i and j that there are, or to a list of one value, the same in all rows. Where the axis
// holds logarithms the number itself is written. `meta.needed` is a place without which there is no row.

export const DIGITS = 5 // Significant ones: as many as a logarithm of single precision holds.
const FORMULA = /^[=+\-@\t\r\n＝＋－＠]/ // What a spreadsheet would reckon out.

// Traces are Plotly's, with arrays in place of encoded ones.
export function table(traces, { meta: { log10 } }) {
  const told = traces.filter(({ meta }) => meta?.columns)
  const columns = [...new Set(told.flatMap(({ meta }) => Object.keys(meta.columns)))]
  const rows = told.flatMap((trace) => rowsOf(trace, log10))
  return { columns, rows: rows.map((row) => columns.map((name) => row[name] ?? "")) }
}

export function csv(traces, layout) {
  const { columns, rows } = table(traces, layout)
  return [columns, ...rows].map((row) => row.map(quoted).join(",")).join("\n")
}

function rowsOf(trace, log10) {
  const { columns, needed } = trace.meta
  const places = Object.values(columns).filter((place) => typeof place === "string")
  const isThere = (index) => !needed || isNumber(found(trace, needed, index))
  const row = (index) => Object.entries(columns).map(([name, place]) => [name, cell(trace, place, index, log10)])
  const all = range(lengthOf(trace, places, "j")).flatMap((j) => range(lengthOf(trace, places, "i")).map((i) => ({ i, j })))
  return all.filter(isThere).map((index) => Object.fromEntries(row(index)))
}

function cell(trace, place, index, log10) {
  if (typeof place !== "string") return place[0]
  const value = found(trace, place, index)
  return rounded(log10.includes(axisOf(trace, place)) ? 10 ** value : value)
}

// What lies at a place such as "z[j][i]".
function found(trace, place, index) {
  const steps = place.split(/[.[\]]+/).filter(Boolean)
  return steps.reduce((value, step) => value?.[index[step] ?? step], trace)
}

// How many i or j there are: one, if no place has it.
function lengthOf(trace, places, letter) {
  const place = places.find((one) => one.includes(`[${letter}]`))
  return place ? (found(trace, place.slice(0, place.indexOf(`[${letter}]`)), { i: 0, j: 0 })?.length ?? 0) : 1
}

// A trace calls the axis "x2" that the layout calls "xaxis2"; colours are "z".
function axisOf(trace, [letter]) {
  return letter === "z" ? "z" : trace[`${letter}axis`]?.replace(letter, `${letter}axis`)
}

function rounded(value) {
  return isNumber(value) && !Number.isInteger(value) ? Number(value.toPrecision(DIGITS)) : value
}

function isNumber(value) {
  return typeof value === "number" && !Number.isNaN(value)
}

function range(length) {
  return Array.from({ length }, (_, place) => place)
}

function quoted(value) {
  const text = typeof value === "string" && FORMULA.test(value) ? `'${value}` : String(value)
  return `"${text.replaceAll('"', '""')}"`
}
