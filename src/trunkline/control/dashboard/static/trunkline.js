// What pages need beyond htmx: a word when a request fails, buttons that copy, and questions before what ends something.
"use strict";

const trouble = () => document.getElementById("trouble");

function say(text) {
  trouble().textContent = text;
  trouble().hidden = !text;
}

document.addEventListener("htmx:sendError", () => say("The dashboard cannot be reached. Check your connection, then try again."));
document.addEventListener("htmx:timeout", () => say("The dashboard takes too long to answer. Try again."));
document.addEventListener("htmx:responseError", (event) => {
  const status = event.detail.xhr.status;
  const page = new DOMParser().parseFromString(event.detail.xhr.responseText, "text/html");
  const words = [page.querySelector("h1"), page.querySelector("h1 + p")].map((part) => part?.textContent ?? "");
  say(words.join(". ").replace("?.", "?") || `That did not work (${status}).`);
});
document.addEventListener("htmx:afterRequest", (event) => event.detail.successful && say(""));

// What is drawn again every second or so is read out when it says something else, and not each time. It says what its
// `data-said` has, or else its text.
const said = new Map();
document.addEventListener("htmx:load", ({ detail: { elt: part } }) => {
  for (const element of [part, ...part.querySelectorAll("[data-said]")].filter((one) => one.matches("[data-said]"))) {
    const text = (element.dataset.said || element.textContent).replace(/\s+/g, " ").trim();
    if (said.get(element.id) !== text) document.getElementById("heard").textContent = text;
    said.set(element.id, text);
  }
});

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  button.dataset.words ??= button.textContent;  // a second click finds our own answer there
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
    button.textContent = "Copied";
  } catch {
    button.textContent = "Not allowed: copy it by hand";
  }
  document.getElementById("heard").textContent = button.textContent;
  setTimeout(() => (button.textContent = button.dataset.words), 1500);
});

// What cannot be undone asks first.
document.addEventListener("submit", (event) => {
  const question = event.submitter?.dataset.question ?? event.target.dataset.confirm;
  if (question && !window.confirm(question)) event.preventDefault();
});

// A menu closes by Escape, and by a click elsewhere.
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.who[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll("details.who[open]")) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});
