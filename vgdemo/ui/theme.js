// What a board takes of the page's looks, for Plotly has no style sheet.

export function themeOf(root) {
  const style = getComputedStyle(root)
  const value = (name) => style.getPropertyValue(name).trim()
  return {
    text: value("--st-text-color"),
    grid: value("--st-border-color-light") || value("--st-border-color"),
    panel: value("--st-secondary-background-color"),
    font: value("--st-font"),
    type: parseFloat(value("--vgdemo-type")),
    isDark: isDark(value("--st-background-color")),
  }
}

function isDark(color) {
  const [red, green, blue] = (color.match(/[0-9a-f]{2}/gi) ?? ["ff", "ff", "ff"]).map((digits) => parseInt(digits, 16))
  return 0.299 * red + 0.587 * green + 0.114 * blue < 128
}
