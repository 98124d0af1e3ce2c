// What Streamlit has no word for: the landmarks of a page, which link is the current page's, the way of the keyboard
// into a popover, that the page is presented to a room, which styles and figures read at the document's root, Escape,
// which ends that, a switch's "?", which is no part of the switch, and which page is drawn.

export default function render({ data }) {
  document.documentElement.toggleAttribute("data-present", data.present)
  document.documentElement.dataset.drawn = location.pathname // The last of a page's parts is this one.
  const mark = () => {
    markPage(data.page)
    enterPopover()
  }
  const observer = new MutationObserver(mark)
  observer.observe(document.body, { childList: true, subtree: true })
  mark()
  addEventListener("keydown", leaveOnEscape)
  document.addEventListener("click", helpAlone, true)
  return () => {
    observer.disconnect()
    removeEventListener("keydown", leaveOnEscape)
    document.removeEventListener("click", helpAlone, true)
  }
}

function markPage(page) {
  const navigation = document.querySelector(".st-key-navigation")
  setAttribute(navigation, "role", "navigation")
  setAttribute(navigation, "aria-label", "Pages")
  for (const link of navigation?.querySelectorAll("a") ?? []) {
    setAttribute(link, "aria-current", link.textContent.trim() === page ? "page" : null)
  }
}

// A popover stands at the document's end, far from its button; Escape leads back. Focused it scrolls, also if no part of
// it takes the focus.
function enterPopover() {
  const popover = document.querySelector("[data-testid=stPopoverBody]:not([tabindex])")
  if (!popover) return
  popover.tabIndex = 0
  popover.focus({ preventScroll: true })
}

function setAttribute(element, name, value) {
  if (!element || element.getAttribute(name) === value) return
  if (value === null) element.removeAttribute(name)
  else element.setAttribute(name, value)
}

function leaveOnEscape({ key }) {
  if (key === "Escape") document.querySelector(".st-key-present input:checked")?.click()
}

// It stands in the switch's label, which would take a press on it for one on the switch, and the focus that shows its help.
function helpAlone(event) {
  const help = event.target.closest(".stCheckbox .stTooltipIcon")
  if (!help) return
  event.preventDefault()
  event.stopPropagation() // Whoever listens at the document itself hears that there was a click, and makes up for none.
  help.querySelector("button").focus()
}
