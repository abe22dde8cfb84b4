/**
 * Rows of a list that stay the same elements while their items change, so that neither focus nor scroll is lost.
 *
 * `make(item)` returns an object with the row's `element` and a method `show(item)`.
 */
export class Rows {
  #list;
  #key;
  #make;
  #rows = new Map();

  constructor(list, key, make) {
    this.#list = list;
    this.#key = key;
    this.#make = make;
  }

  show(items) {
    const keys = new Set(items.map(this.#key));
    for (const [key, row] of this.#rows) if (!keys.has(key)) this.#drop(key, row);
    items.forEach((item, place) => this.#place(this.#row(item), place));
  }

  update(item) {
    this.#rows.get(this.#key(item))?.show(item);
  }

  #row(item) {
    const key = this.#key(item);
    if (!this.#rows.has(key)) this.#rows.set(key, this.#make(item));
    const row = this.#rows.get(key);
    row.show(item);
    return row;
  }

  #place(row, place) {
    const there = this.#list.children[place];
    if (there !== row.element) this.#list.insertBefore(row.element, there ?? null);
  }

  #drop(key, row) {
    row.element.remove();
    this.#rows.delete(key);
  }
}
