/**
 * Makes `from` look like `to` while keeping every node that need not change, so that a block that grows keeps its
 * images loaded, its text selected and its boxes scrolled. Returns the node that is in place afterwards.
 */
export function morph(from: Node, to: Node): Node {
  if (from.nodeName !== to.nodeName) {
    from.parentNode?.replaceChild(to, from);
    return to;
  }
  if (from instanceof CharacterData && to instanceof CharacterData) morphText(from, to.data);
  else if (from instanceof Element && to instanceof Element) morphElement(from, to);
  return from;
}

function morphText(from: CharacterData, data: string): void {
  if (data === from.data) return;
  // Appending leaves a selection alone, replacing collapses it.
  if (data.startsWith(from.data)) from.appendData(data.slice(from.data.length));
  else from.data = data;
}

function morphElement(from: Element, to: Element): void {
  for (const name of from.getAttributeNames()) {
    if (!to.hasAttribute(name)) from.removeAttribute(name);
  }
  for (const { name, value } of to.attributes) {
    if (from.getAttribute(name) !== value) from.setAttribute(name, value);
  }
  const before = [...from.childNodes];
  const after = [...to.childNodes];
  after.forEach((child, n) => {
    const counterpart = before[n];
    if (counterpart) morph(counterpart, child);
    else from.appendChild(child);
  });
  before.slice(after.length).forEach((child) => child.remove());
}
