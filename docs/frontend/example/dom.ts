// Elements, made without a framework. Text goes in as text, so that nothing anybody wrote can become markup.

type Child = Node | string | null;

/** An element with its attributes and what is in it; an attribute that is `false` is left out. */
export function h<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Record<string, string | boolean> = {},
  ...children: Child[]
): HTMLElementTagNameMap[Name] {
  const element = document.createElement(name);
  for (const [attribute, value] of Object.entries(attributes)) {
    if (value !== false) element.setAttribute(attribute, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

/** Terms and what they are. */
export function facts(...pairs: [string, Child][]): HTMLElement {
  return h("dl", {}, ...pairs.map(([term, value]) => h("div", {}, h("dt", {}, term), h("dd", {}, value))));
}

/** A table that becomes a card a row where there is little room; the roles keep it a table for those who hear it. */
export function table(caption: string, columns: readonly string[], rows: readonly Child[][]): HTMLElement {
  return h(
    "table",
    { role: "table" },
    h("caption", {}, caption),
    h("thead", { role: "rowgroup" }, h("tr", { role: "row" }, ...columns.map((name) => h("th", { scope: "col", role: "columnheader" }, name)))),
    h("tbody", { role: "rowgroup" }, ...rows.map((cells) => row(columns, cells))),
  );
}

function row(columns: readonly string[], cells: Child[]): HTMLElement {
  return h("tr", { role: "row" }, ...cells.map((cell, at) => h("td", { role: "cell", "data-label": columns[at] ?? "" }, cell)));
}
