// What stands in words above a figure, or above a row of figures of one kind.

import { element } from "./elements.js"

export class Caption {
  constructor(heading) {
    this.title = element(heading)
    this.reading = element("p")
    this.how = element("details", "vgdemo-how")
    this.explanation = element("p")
    this.summary = element("summary", "", "How to read it")
    this.how.append(this.summary, this.explanation)
    this.line = element("div", "vgdemo-line") // Of one height, whatever of it there is.
    this.line.append(this.how)
    this.element = element("figcaption")
    this.element.append(this.title, this.reading, this.line)
  }

  setTitle(text, explanation, heard) {
    this.title.textContent = this.title.title = text
    this.explanation.textContent = explanation
    this.summary.setAttribute("aria-label", `How to read it: ‘${heard}’`)
    this.how.hidden = !explanation
  }

  setReading(sentence) {
    this.reading.textContent = this.reading.title = sentence
  }
}
