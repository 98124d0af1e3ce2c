// Tells the page when the browser's Back or Forward has changed its address: the server cannot tell that from a request
// that was under way when the page wrote its address itself. Of a move to another page Streamlit tells by itself.

export default function render({ setTriggerValue }) {
  const page = location.pathname
  const tell = () => location.pathname === page && setTriggerValue("moved", location.search)
  addEventListener("popstate", tell)
  return () => removeEventListener("popstate", tell)
}
