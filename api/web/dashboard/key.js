import { byId } from "./element.js";

const NAME = "candelabra.key";

/** What a request carries to be let in; nothing where no key was given. */
export function authorization() {
  const key = sessionStorage.getItem(NAME);
  return key ? { authorization: `Bearer ${key}` } : {};
}

/** Shows the field for a key, once an answer said that one is needed. */
export function askForKey() {
  byId("key").hidden = false;
}

byId("key").addEventListener("submit", (event) => {
  event.preventDefault();
  sessionStorage.setItem(NAME, byId("key-text").value.trim());
  location.reload();
});
