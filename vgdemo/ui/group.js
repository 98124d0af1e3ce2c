// Figures of one kind side by side, a column for each run: what they have in common is said once above them.

import { axisNames } from "../figures/drawing.js"
import { Caption } from "./caption.js"
import { element } from "./elements.js"
import { showKey } from "./key.js"

export class Group {
  constructor(kind) {
    this.kind = kind
    this.caption = new Caption("h2")
    this.key = element("div", "vgdemo-key")
    this.columns = element("div", "vgdemo-columns")
    this.element = element("section", "vgdemo-group")
    this.element.dataset.kind = kind
    this.caption.element.append(this.key)
    this.element.append(this.caption.element, this.columns)
  }

  describe({ content: { layout } }) {
    this.caption.setTitle(layout.title.text, layout.meta.how, layout.title.text)
    this.axes = axisNames(layout)
  }

  showKey(figures) {
    showKey(this.key, figures.map(({ plot }) => plot), this.axes)
  }
}
