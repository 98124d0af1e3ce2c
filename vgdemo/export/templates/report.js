// Draws the figures in the colours of the reader's system and moves those that show one epoch.
const dark = matchMedia("(prefers-color-scheme: dark)")
const slider = document.querySelector(".epoch input")
const figures = [...document.querySelectorAll("figure")].map((element) => {
  const content = JSON.parse(element.querySelector("script").textContent)
  const frames = new Map((content.frames ?? []).map((frame) => [Number(frame.name), frame]))
  return { element, content, frames, epochs: [...frames.keys()] }
})
const stops = [...new Set(figures.flatMap((figure) => figure.epochs))].sort((a, b) => a - b)

function template() {
  const style = getComputedStyle(document.documentElement)
  const [text, grid, panel] = ["--text", "--grid", "--panel"].map((name) => style.getPropertyValue(name).trim())
  const axis = { gridcolor: grid, linecolor: grid, zeroline: false, ticks: "" }
  return {
    layout: {
      font: { color: text, family: "system-ui, sans-serif" },
      paper_bgcolor: "rgba(0,0,0,0)",
      plot_bgcolor: "rgba(0,0,0,0)",
      hoverlabel: { bgcolor: panel, bordercolor: grid, font: { color: text } },
      modebar: { bgcolor: "rgba(0,0,0,0)", color: text },
      xaxis: axis,
      yaxis: axis,
    },
  }
}

function draw({ element, content, frames, epochs }, epoch) {
  const plot = element.querySelector(".plot")
  const { title, margin, ...layout } = content.layout
  const frame = frames.get(epochs.findLast((one) => one <= epoch) ?? epochs[0])
  if (frame) {
    const reading = frame.layout.title.subtitle.text
    element.querySelector(".reading").textContent = reading
    element.setAttribute("aria-label", `${element.dataset.alt} ${reading}`)
  }
  const data = frame ? content.data.map((trace, index) => ({ ...trace, ...frame.data[frame.traces.indexOf(index)] })) : content.data
  const dragmode = matchMedia("(pointer: coarse)").matches ? false : "zoom" // A finger scrolls the page.
  const theme = { template: template(), margin: { ...margin, t: 32 }, dragmode, autosize: true }
  Plotly.react(plot, data, { ...layout, ...theme }, { displaylogo: false, responsive: true })
}

function drawAll(chosen) {
  const epoch = stops[slider.value]
  document.querySelector(".epoch output").textContent = epoch ?? "–"
  slider.setAttribute("aria-valuetext", `epoch ${epoch ?? "none"}`)
  for (const figure of chosen) draw(figure, epoch)
}

slider.max = Math.max(0, stops.length - 1)
slider.value = slider.max
slider.disabled = stops.length < 2
slider.oninput = () => drawAll(figures.filter((figure) => figure.frames.size))
dark.onchange = () => drawAll(figures)
drawAll(figures)
