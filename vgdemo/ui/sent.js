// What the server sends a board.

// One line says what is shown, each further one is a figure's JSON, which is parsed only if it is another than before.
export function read(sent) {
  const [first, ...lines] = new TextDecoder().decode(sent).split("\n")
  const { figures, ...shown } = JSON.parse(first)
  const named = figures.map(({ name, ...picture }, place) => [name, { ...picture, json: lines[place] }])
  return { ...shown, figures: Object.fromEntries(named) }
}
