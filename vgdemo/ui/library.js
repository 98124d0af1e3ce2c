// plotly.js, loaded once for all boards.
export function plotlyOf(url) {
  globalThis.vgdemoPlotly ??= new Promise((resolve, reject) => {
    const script = document.createElement("script")
    script.src = url
    script.addEventListener("load", () => resolve(globalThis.Plotly))
    script.addEventListener("error", () => reject(new Error(`plotly.js could not be loaded from ${url}`)))
    document.head.append(script)
  })
  return globalThis.vgdemoPlotly
}
