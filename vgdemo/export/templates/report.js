// Draws the figures in the colours of the reader's system and moves those that show one epoch.
const dark = matchMedia("(prefers-color-scheme: dark)")
const slider = document.querySelector(".epoch input")
const figures = [...document.querySelectorAll("figure")].map((element) => {
  const content = JSON.parse(element.querySelector("script").textContent)
  const frames = new Map((content.frames ?? []).map((frame) => [Number(frame.name), frame]))
  return { element, content, kind: element.dataset.kind, frames, epochs: [...frames.keys()] }
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

// Runs side by side are drawn on axes that reach as far as those of any of them.
function axes({ content, kind }) {
  const peers = figures.filter((figure) => figure.kind === kind).map((figure) => figure.content.layout)
  const names = Object.keys(content.layout).filter((name) => /^[xy]axis\d*$/.test(name))
  return Object.fromEntries(
    names.map((name) => {
      const ranges = peers.map((layout) => layout[name].range)
      const range = [Math.min(...ranges.map(([low]) => low)), Math.max(...ranges.map(([, high]) => high))]
      return [name, { ...content.layout[name], range }]
    }),
  )
}

function draw(figure, epoch) {
  const { element, content, frames, epochs } = figure
  const plot = element.querySelector(".plot")
  const { title, margin, ...layout } = content.layout
  const frame = frames.get(epochs.findLast((one) => one <= epoch) ?? epochs[0])
  if (frame) {
    const reading = frame.layout.title.subtitle.text
    element.querySelector(".reading").textContent = reading
    element.setAttribute("aria-label", `${element.dataset.alt} ${reading}`)
  }
  const change = (index) => frame?.data[frame.traces.indexOf(index)]
  const data = content.data.map((trace, index) => ({ ...trace, ...change(index) }))
  const dragmode = matchMedia("(pointer: coarse)").matches ? false : "zoom" // A finger scrolls the page.
  const theme = { template: template(), margin: { ...margin, t: 32 }, dragmode, autosize: true }
  Plotly.react(plot, data, { ...layout, ...axes(figure), ...theme }, { displaylogo: false, responsive: true })
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
