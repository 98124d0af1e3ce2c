// Tells the page when the browser's Back or Forward has changed its address: the server cannot tell that from a request
// that was under way when the page wrote its address itself. Of a move to another page Streamlit tells by itself.
//
// And has one Back lead away from a page: until it is drawn, its address stands in place of the one that led to it.

if (!Object.hasOwn(history, "pushState")) history.pushState = push // One for all pages; Streamlit's calls find it.

function push(state, title, url) {
  const { pathname } = new URL(url, location)
  const isComing = pathname === location.pathname && pathname !== document.documentElement.dataset.drawn
  History.prototype[isComing ? "replaceState" : "pushState"].call(history, state, title, url)
}

export default function render({ setTriggerValue }) {
  const page = location.pathname
  const tell = () => location.pathname === page && setTriggerValue("moved", location.search)
  addEventListener("popstate", tell)
  return () => removeEventListener("popstate", tell)
}
