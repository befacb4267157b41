// A component's view lives as long as the element that Streamlit gave it, through all runs of the page.

const views = new WeakMap();

// The view of a component's element, made at first of the element of this class within it.
export function viewIn(parentElement, name, make) {
  if (!views.has(parentElement)) views.set(parentElement, make(parentElement.querySelector(`.${name}`)));
  return views.get(parentElement);
}
