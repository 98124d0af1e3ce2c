// The numbers of a figure as a table, for whoever cannot see the picture or wants to look one up.

import { button, element } from "./elements.js"

const MOST_ROWS = 300 // A browser lays out no more of them at once without a pause.

export function showTable(root, caption, { columns, rows }) {
  const dialog = element("dialog", "vgdemo-numbers")
  const table = element("table")
  table.append(element("caption", "", caption), sectionOf("thead", [columns], headerOf), bodyOf(rows.slice(0, MOST_ROWS)))
  const close = button("Close", "Close the table", () => dialog.close())
  const note = element("p", "", `The first ${MOST_ROWS} of ${rows.length} rows; the CSV has them all.`)
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

function bodyOf(rows) {
  return sectionOf("tbody", rows, (text) => element("td", "", text))
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
    row.append(...cells.map((cell) => cellOf(String(cell ?? ""))))
    section.append(row)
  }
  return section
}
