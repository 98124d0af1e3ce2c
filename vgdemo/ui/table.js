// The numbers of a figure as a table, for whoever cannot see the picture or wants to look one up.

import { spelled } from "../figures/wording.js"
import { button, element } from "./elements.js"
import { DIGITS } from "./numbers.js"

const MOST_ROWS = 300 // A browser lays out no more of them at once without a pause.

export function showTable(root, caption, { columns, rows }) {
  const epoch = columns.indexOf("epoch")
  const dialog = element("dialog", "vgdemo-numbers")
  const table = element("table")
  table.append(element("caption", "", caption), sectionOf("thead", [columns], headerOf), bodyOf(cut(rows, epoch)))
  const close = button("Close", "Close the table", () => dialog.close())
  const order = epoch === -1 ? "" : ", the last epochs first"
  const note = element("p", "", `The first ${MOST_ROWS} of ${rows.length} rows${order}; the CSV has them all.`)
  note.hidden = rows.length <= MOST_ROWS
  const scrolled = element("div")
  scrolled.tabIndex = 0 // Its rows are reached with the arrow keys.
  scrolled.append(table)
  dialog.setAttribute("aria-label", caption)
  dialog.append(close, note, scrolled)
  dialog.addEventListener("close", () => dialog.remove())
  root.append(dialog)
  dialog.showModal()
}

// What a caption speaks of is the end: of too many rows those of the first epochs are left out.
function cut(rows, epoch) {
  if (rows.length <= MOST_ROWS) return rows
  return rows.toSorted((one, other) => (other[epoch] ?? 0) - (one[epoch] ?? 0)).slice(0, MOST_ROWS)
}

function bodyOf(rows) {
  return sectionOf("tbody", rows, (value) => element("td", "", inWords(value)))
}

// With the digits that the CSV has, and no zeros after the last of them.
function inWords(value) {
  return typeof value === "number" ? spelled(value, DIGITS).replace(/\.?0+·/, "·") : value
}

function headerOf(text) {
  const cell = element("th", "", text)
  cell.scope = "col"
  return cell
}

function sectionOf(tag, rows, cellOf) {
  const section = element(tag)
  for (const cells of rows) {
    const row = element("tr")
    row.append(...cells.map((cell) => cellOf(cell ?? "")))
    section.append(row)
  }
  return section
}
