// Notes in the page itself when a person acted and when which figure was drawn, in seconds since 1970: whoever asks from
// outside takes the page's time and knows no better than to the pause between two looks.

const REST = 0.3 // Seconds without a drawing after which a page has drawn all.
const now = () => (performance.timeOrigin + performance.now()) / 1000

globalThis.bench = {
  acted: 0,
  drawn: [], // Of each drawing the moment, the figure's file, which names its run, and the last epoch in it.

  forget() {
    bench.drawn.length = 0
  },

  // When the last of these files was first drawn as far as an epoch; null until then.
  reached(files, epoch) {
    const moments = files.map((file) => bench.drawn.find((one) => one.file === file && one.epoch >= epoch)?.at)
    return moments.includes(undefined) ? null : Math.max(...moments)
  },

  // When the last figure was drawn; null while more may come.
  rested() {
    const { at } = bench.drawn.at(-1)
    return now() - at > REST ? at : null
  },
}

for (const kind of ["pointerup", "keydown", "input"]) addEventListener(kind, () => (bench.acted = now()), true)

let plotly
Object.defineProperty(globalThis, "Plotly", { get: () => plotly, set: (library) => noteDrawings((plotly = library)) })

function noteDrawings(library) {
  const { react } = library
  library.react = async (plot, ...picture) => {
    const file = plot.closest(".vgdemo-figure")?.dataset.file
    const done = await react(plot, ...picture)
    const epoch = lastEpoch(plot._fullData)
    requestAnimationFrame(() => bench.drawn.push({ at: now(), file, epoch }))
    return done
  }
}

// Straight lines over the epochs reach to their end from the start.
function lastEpoch(traces) {
  const measured = traces.filter(({ name, type }) => name === "validation" || type === "heatmap")
  return Math.max(0, ...measured.map(({ x }) => x?.at(-1) ?? 0))
}
