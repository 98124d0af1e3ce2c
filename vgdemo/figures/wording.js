// How numbers are written in a figure: as `vgdemo.wording.number` writes them everywhere else.

const MINUS = "−"
const SUPERSCRIPTS = { "-": "⁻", 0: "⁰", 1: "¹", 2: "²", 3: "³", 4: "⁴", 5: "⁵", 6: "⁶", 7: "⁷", 8: "⁸", 9: "⁹" }
const PLAIN = /(?:10<sup>)?%\{[yz][^}]*\}(?:<\/sup>)?(?=<extra>)/ // How Plotly alone would write the number.
const TYPES = { f4: Float32Array, f8: Float64Array, i1: Int8Array, i2: Int16Array, i4: Int32Array, u1: Uint8Array }

// A number with so many significant digits; small and large ones in powers of ten.
export function spelled(value, digits = 2) {
  if (Number.isNaN(value)) return "not a number"
  if (!Number.isFinite(value)) return "infinite"
  const whole = 10 ** digits
  const rounded = Math.abs(value) < whole ? Number(value.toPrecision(digits)) : Math.round(value) // 99.6 is 100 here.
  if (rounded === 0 || (Math.abs(rounded) >= 0.01 && Math.abs(rounded) < 10 * whole)) return String(rounded + 0).replace("-", MINUS)
  const [mantissa, exponent] = value.toExponential(digits - 1).split("e")
  return `${mantissa.replace("-", MINUS)}·10${[...exponent.replace("+", "")].map((sign) => SUPERSCRIPTS[sign]).join("")}`
}

// A trace whose `meta.spelled` says which of its numbers stands in words in its hover: "y", or "z" of a heatmap. They are
// logarithms if `meta.log10` says so. Sent as words, those of a heatmap would be more than all its numbers.
export function withWords(trace) {
  const { spelled: attribute, log10 } = trace.meta ?? {}
  if (!attribute) return trace
  const [values, width] = [decoded(trace[attribute]), decoded(trace.x).length]
  const words = (value) => (isGap(value) ? "" : spelled(log10 ? 10 ** value : value))
  const row = (value) => (trace.type === "heatmap" ? Array.from({ length: width }).fill(words(value)) : words(value))
  const rows = [...values].map((value) => (value?.length === undefined ? row(value) : Array.from(value, words)))
  return { ...trace, text: rows, hovertemplate: trace.hovertemplate.replace(PLAIN, "%{text}") }
}

function isGap(value) {
  return value === null || Number.isNaN(value)
}

// Numbers as Plotly's JSON holds them: a list, or the bytes of an array of one or two axes.
function decoded(values) {
  if (!values?.bdata) return values ?? []
  const flat = new TYPES[values.dtype](Uint8Array.from(atob(values.bdata), (byte) => byte.codePointAt(0)).buffer)
  const [rows, columns] = (values.shape ?? "").split(",").map(Number)
  return columns ? Array.from({ length: rows }, (_, row) => flat.subarray(row * columns, (row + 1) * columns)) : flat
}
