// Elements of a page.

export function element(tag, className = "") {
  const made = document.createElement(tag)
  made.className = className
  return made
}

export function button(text, label, act) {
  const made = element("button")
  made.type = "button"
  made.textContent = text
  made.title = label
  made.setAttribute("aria-label", label)
  made.addEventListener("click", act)
  return made
}

// Has the browser keep a text as a file.
export function download(name, text) {
  const link = element("a")
  link.href = URL.createObjectURL(new Blob([text], { type: "text/csv" }))
  link.download = name
  link.click()
  URL.revokeObjectURL(link.href)
}
