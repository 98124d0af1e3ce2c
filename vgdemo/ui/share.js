// Copies the page's link. Browsers give the clipboard to pages from this machine or over HTTPS alone; elsewhere the link
// is selected for the person to copy.

const SHOWN_MILLISECONDS = 2000

export default function render({ data, parentElement }) {
  const button = parentElement.querySelector("button")
  const field = parentElement.querySelector("input")
  field.value = data.link
  // oxlint-disable-next-line prefer-add-event-listener -- A page renders it again and again; a click copies once.
  button.onclick = () => copy(button, field)
}

async function copy(button, field) {
  field.select()
  try {
    await navigator.clipboard.writeText(field.value)
    confirmOn(button)
  } catch {
    button.textContent = "Selected: copy it"
  }
}

function confirmOn(button) {
  button.textContent = "Copied"
  setTimeout(() => (button.textContent = "Copy"), SHOWN_MILLISECONDS)
}
