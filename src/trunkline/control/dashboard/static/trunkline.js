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
