// Copies the page's address. Browsers give the clipboard to pages from this machine or over HTTPS alone; elsewhere the
// address is shown, selected, for the person to copy.

const SHOWN_MILLISECONDS = 2000

export default function render({ parentElement }) {
  const button = parentElement.querySelector("button")
  const field = parentElement.querySelector("input")
  button.onclick = async () => {
    try {
      await navigator.clipboard.writeText(location.href)
      button.textContent = "Link copied"
      setTimeout(() => (button.textContent = "Share"), SHOWN_MILLISECONDS)
    } catch {
      field.hidden = false
      field.value = location.href
      field.select()
    }
  }
}
