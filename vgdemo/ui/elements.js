// Elements of a page, and when it is painted.

const HIDDEN_MILLISECONDS = 100 // After which nobody waits for what nobody sees.

export function element(tag, className = "", text = "") {
  const made = document.createElement(tag)
  made.className = className
  made.textContent = text
  return made
}

export function button(text, label, act) {
  const made = element("button", "", text)
  made.type = "button"
  relabel(made, label)
  made.addEventListener("click", act)
  return made
}

// Says what a button does, for those who see it and those who hear it.
export function relabel(control, label) {
  control.title = label
  control.setAttribute("aria-label", label)
}

// Has the browser keep a text as a file.
export function download(name, text) {
  const link = element("a")
  link.href = URL.createObjectURL(new Blob([text], { type: "text/csv" }))
  link.download = name
  link.click()
  URL.revokeObjectURL(link.href)
}

// The browser has shown what was drawn; a tab in the background shows nothing.
export function painted() {
  return new Promise((resolve) => {
    requestAnimationFrame(() => setTimeout(resolve))
    setTimeout(resolve, HIDDEN_MILLISECONDS)
  })
}
