// Where the keyboard is, and whether one sees it there: a stop that has the focus looks otherwise than without it.

const PAINT_MILLISECONDS = 2000 // A field of a busy page is painted anew a moment after the focus has come.
const atRest = new WeakMap() // Element to how it looks without the focus.

// Call it while nothing has the focus that is to be visited.
globalThis.rememberLooks = (root = document) => {
  for (const element of root.querySelectorAll("*")) {
    if (element.tabIndex >= 0) atRest.set(element, lookOf(element))
    if (element.shadowRoot) rememberLooks(element.shadowRoot)
  }
}

// The stop that has the focus: its name, in which of these regions it is, and whether it shows it; null if nothing has.
globalThis.visitFocus = async (regions) => {
  const element = focused()
  if (!element || element === document.body) return null
  const name = element.ariaLabel || element.innerText?.trim() || element.id || element.tagName
  const region = regions.find((one) => element.closest(one)) ?? null
  return { name: name.slice(0, 60), region, isShown: await isShown(element) }
}

async function isShown(element) {
  const end = Date.now() + PAINT_MILLISECONDS
  while (lookOf(element) === atRest.get(element)) {
    if (Date.now() > end) return false
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  return true
}

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
