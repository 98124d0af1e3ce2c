// Where the keyboard is, and whether one sees it there: a stop that has the focus looks otherwise than without it.

const PAINT_MILLISECONDS = 40 // A field is painted anew a moment after the focus has come.
let stop = null // The last one, with how it and what is around it looked.
let before = null // The one before.

function focused() {
  let element = document.activeElement
  while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement
  return element
}

// Of the element, of what holds it and of what is drawn in its stead.
function lookOf(element) {
  const near = element.closest("label, .stElementContainer, .vgdemo-line") ?? element
  return [element, ...near.querySelectorAll("*"), near].map((one) => {
    const { outlineStyle, outlineColor, boxShadow, borderColor, backgroundColor, textDecoration } = getComputedStyle(one)
    return [outlineStyle, outlineColor, boxShadow, borderColor, backgroundColor, textDecoration].join()
  }).join(";")
}

globalThis.visitFocus = async (regions) => {
  await new Promise((resolve) => setTimeout(resolve, PAINT_MILLISECONDS))
  const element = focused()
  before = stop
  if (!element || element === document.body) return (stop = null)
  stop = { element, look: lookOf(element) }
  const name = element.ariaLabel || element.innerText?.trim() || element.id || element.tagName
  return { name: name.slice(0, 60), region: regions.find((one) => element.closest(one)) ?? null }
}

globalThis.wasShown = () => !before.element.isConnected || lookOf(before.element) !== before.look
