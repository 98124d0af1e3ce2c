// Copies the page's address. Browsers give the clipboard to pages from this machine or over HTTPS alone; elsewhere the
// address is shown, selected, for the person to copy.

const SHOWN_MILLISECONDS = 2000

export default function render({ parentElement }) {
  const button = parentElement.querySelector("button")
  const field = parentElement.querySelector("input")
  // oxlint-disable-next-line prefer-add-event-listener -- A page renders it again and again; a click copies once.
  button.onclick = () => copyAddress(button, field)
}

async function copyAddress(button, field) {
  try {
    await navigator.clipboard.writeText(location.href)
    confirmOn(button)
  } catch {
    select(field, location.href)
  }
}

function confirmOn(button) {
  button.textContent = "Link copied"
  setTimeout(() => (button.textContent = "Share"), SHOWN_MILLISECONDS)
}

function select(field, address) {
  field.hidden = false
  field.value = address
  field.select()
}
