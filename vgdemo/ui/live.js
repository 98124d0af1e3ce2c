// Says a sentence to those who listen to the page, once for each change.

export default function render({ data, parentElement }) {
  const region = parentElement.querySelector("[role=status]")
  if (region.textContent !== data.sentence) region.textContent = data.sentence
}
