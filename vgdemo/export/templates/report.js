// Draws the figures of a report in the colours of the reader's system and moves those that show one epoch.

import { alignedAxes, drawnLayout, readingAt, spoken, stopsOf, tracesAt } from "../../figures/drawing.js"

const TOP = 32 // Pixels above a plot, for its legend and Plotly's buttons.
const OPTIONS = { displaylogo: false, responsive: true }

const darkness = matchMedia("(prefers-color-scheme: dark)")
const slider = document.querySelector(".epoch input") // None where nothing changes with the epoch.
const figures = [...document.querySelectorAll("figure")].map((element) => ({
  element,
  kind: element.dataset.kind,
  content: JSON.parse(element.querySelector("script").textContent),
}))
const stops = stopsOf(figures.map(({ content }) => content))

function showEpoch(shown) {
  const epoch = stops[slider?.value]
  if (slider) sayEpoch(epoch)
  for (const figure of shown) draw(figure, epoch)
}

function sayEpoch(epoch) {
  document.querySelector(".epoch output").textContent = epoch ?? "–"
  slider.setAttribute("aria-valuetext", `${slider.labels[0].textContent.trim()} ${epoch ?? "none"}`)
}

function draw({ element, kind, content }, epoch) {
  const reading = readingAt(content, epoch)
  element.querySelector(".reading").textContent = reading
  element.setAttribute("aria-label", spoken(content, reading))
  const plot = element.querySelector(".plot")
  Plotly.react(plot, tracesAt(content, epoch), layoutOf(content, kind), OPTIONS)
}

function layoutOf({ layout }, kind) {
  const peers = figures.filter((figure) => figure.kind === kind).map(({ content }) => content.layout)
  const isTouched = matchMedia("(pointer: coarse)").matches
  return drawnLayout(layout, { axes: alignedAxes(layout, peers), theme: theme(), top: TOP, isTouched })
}

function theme() {
  const style = getComputedStyle(document.documentElement)
  const [text, grid, panel] = ["--text", "--grid", "--panel"].map((name) => style.getPropertyValue(name).trim())
  return { text, grid, panel, font: "system-ui, sans-serif" }
}

// Paper is white and narrower than a screen.
function showOnPaper(isPaper) {
  document.documentElement.classList.toggle("paper", isPaper)
  showEpoch(figures)
}

if (slider) {
  slider.max = Math.max(0, stops.length - 1)
  slider.value = slider.max
  slider.disabled = stops.length < 2
  slider.addEventListener("input", () => showEpoch(figures.filter(({ content }) => content.frames?.length)))
}
darkness.addEventListener("change", () => showEpoch(figures))
addEventListener("beforeprint", () => showOnPaper(true))
addEventListener("afterprint", () => showOnPaper(false))
showEpoch(figures)
