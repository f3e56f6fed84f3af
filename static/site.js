/* What the pages gain when a browser runs scripts; every page works without it. */
"use strict";

const say = (text) => { document.getElementById("sagt").textContent = text; };

/* Does somebody see the page as another sees it? Then nothing that is typed is kept, and nobody is asked to save it. */
const isViewing = () => document.querySelector(".viewing") !== null;

/* data-copy="#id": copies the text of that element, and says so. */
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const source = document.querySelector(button.dataset.copy);
  const label = button.textContent;
  try {
    await navigator.clipboard.writeText(source.value ?? source.textContent.trim());
    button.textContent = "Kopieret";
    say("Teksten er kopieret.");
    setTimeout(() => { button.textContent = label; }, 3000);
  } catch {
    getSelection().selectAllChildren(source);
    say("Teksten er markeret. Tryk Ctrl og C for at kopiere den.");
  }
});

/* data-insert="{frist}", data-at="id_body": puts the words where one was writing. */
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-insert]");
  if (!button) return;
  const field = document.getElementById(button.dataset.at);
  field.setRangeText(button.dataset.insert, field.selectionStart, field.selectionEnd, "end");
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.focus();
});

/* data-date="27 1 2020", data-at="id_new_deadline": writes the date into the three fields of a date. */
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-date]");
  if (!button) return;
  const fields = button.dataset.date.split(" ").map((part, number) => {
    const field = document.getElementById(`${button.dataset.at}_${number}`);
    field.value = part;
    return field;
  });
  fields[0].dispatchEvent(new Event("input", { bubbles: true }));
  fields[0].focus();
});

/* A link to something that is folded away opens it. */
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[href^='#']");
  const fold = link && document.getElementById(link.hash.slice(1))?.querySelector(":scope > details.fold");
  if (fold) fold.open = true;
});

/* data-print: the browser's own print. */
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) window.print();
});

/* .mail-frame: as tall as its mail, so that nothing of it is cut off on a phone or on paper. Beside a text that is being
   written the frame keeps its place. */
function fitMail(frame) {
  const mail = frame.contentDocument?.body?.lastElementChild;
  if (!mail || frame.closest(".as-mail")) return;
  const fit = () => { frame.style.height = `${Math.ceil(mail.getBoundingClientRect().bottom + frame.contentWindow.scrollY)}px`; };
  new ResizeObserver(fit).observe(mail);
}
document.addEventListener("load", (event) => {
  if (event.target.matches?.(".mail-frame")) fitMail(event.target);
}, true);

/* .bulk: how many rows of its form are chosen. The words stand on the bar:
   data-none, data-one and data-many ("{n} breve er valgt."); a button may carry data-one and data-many too. */
const number = new Intl.NumberFormat("da-DK");
function countChosen(form) {
  const bar = form.querySelector(".bulk");
  if (!bar) return;
  const chosen = form.querySelectorAll(".pick input:checked").length;
  const fill = (element, none) => {
    const words = chosen === 0 ? none : chosen === 1 ? element.dataset.one : element.dataset.many;
    if (words) element.textContent = words.replace("{n}", number.format(chosen));
  };
  const count = bar.querySelector("[data-chosen]");
  if (count) fill(count, count.dataset.none);
  for (const button of bar.querySelectorAll("button[data-many]")) fill(button, button.dataset.none);
}
document.addEventListener("change", (event) => {
  if (!event.target.closest(".pick")) return;
  countChosen(event.target.form);
  event.target.closest("tr").scrollIntoView({ block: "nearest" }); // the bar that now sticks must not cover it
});
document.addEventListener("reset", (event) => setTimeout(countChosen, 0, event.target));

/* data-chosen-file, beside a file input: the name of the file that is chosen. */
function showFile(input) {
  const shown = input.parentElement.querySelector("[data-chosen-file]");
  if (shown) shown.textContent = input.files[0]?.name ?? shown.dataset.none;
}
document.addEventListener("change", (event) => {
  if (event.target.type === "file") showFile(event.target);
});

/* data-guard: ask before leaving a form that was changed and not saved. */
const changed = new Set();
document.addEventListener("input", (event) => {
  const form = event.target.form;
  if (form && "guard" in form.dataset && !isViewing()) changed.add(form);
});
document.addEventListener("submit", (event) => changed.delete(event.target));
window.addEventListener("beforeunload", (event) => {
  if ([...changed].some((form) => form.isConnected)) event.preventDefault();
});

/* data-keep: a half-filled form survives an expired session. It lives in this tab only, under the page's path. It is
   dropped when the form was answered (what was typed is then saved, or stands on the page), and on signing out. It stays
   when the answer was a page with data-not-saved: the sign-in page and the error pages. A form with data-filled holds an
   earlier answer, which stays; what a form merely proposes gives way to what was typed. */
const PREFIX = "sepo:";
const LEAVING = `${PREFIX}leaving`;
const shelf = (form) => `${PREFIX}${form.dataset.keep || location.pathname}`;
const isTick = (control) => control.type === "radio" || control.type === "checkbox";
const controls = (form) => [...form.elements].filter((one) => one.name && one.matches("input:not([type=hidden]), textarea, select"));
const keyOf = (control) => (isTick(control) ? `${control.name}=${control.value}` : control.name);
const valueOf = (control) => (isTick(control) ? control.checked : control.value);
const isUnanswered = (control) => (isTick(control) ? ![...control.form.elements].some((one) => one.name === control.name && one.checked) : !control.value);
document.addEventListener("input", (event) => {
  const form = event.target.form;
  if (!form || !("keep" in form.dataset) || isViewing()) return;
  sessionStorage.setItem(shelf(form), JSON.stringify(Object.fromEntries(controls(form).map((one) => [keyOf(one), valueOf(one)]))));
});
document.addEventListener("submit", (event) => {
  const form = event.target;
  if ("keep" in form.dataset) sessionStorage.setItem(LEAVING, shelf(form));
  if ("signOut" in form.dataset) {
    for (const key of Object.keys(sessionStorage)) if (key.startsWith(PREFIX)) sessionStorage.removeItem(key);
  }
});
function dropAnswered() {
  const answered = sessionStorage.getItem(LEAVING);
  if (answered && !document.querySelector("[data-not-saved]")) sessionStorage.removeItem(answered);
  sessionStorage.removeItem(LEAVING);
}
function bringBack(root) {
  if (isViewing()) return;
  for (const form of root.querySelectorAll("form[data-keep]")) {
    const kept = JSON.parse(sessionStorage.getItem(shelf(form)) || "{}");
    const isLost = (one) => kept[keyOf(one)] && kept[keyOf(one)] !== valueOf(one) && (!("filled" in form.dataset) || isUnanswered(one));
    const lost = controls(form).filter(isLost);
    for (const control of lost) control[isTick(control) ? "checked" : "value"] = kept[keyOf(control)];
    if (lost.length) say("Vi har hentet det, du skrev før.");
  }
}

/* data-autosave: what the server says of the draft takes its place. Any other answer (the sign-in page, none at all) leaves
   what stands, and data-not-kept beside it says so; the tab keeps the text (data-keep). */
function tellKept(target, isKept) {
  if ("autosave" in target.dataset) target.parentElement.querySelector("[data-not-kept]").hidden = isKept;
}
document.addEventListener("htmx:beforeSwap", (event) => {
  const { target, xhr } = event.detail;
  if (!("autosave" in target.dataset)) return;
  const isOurs = xhr.getResponseHeader("X-Draft") !== null;
  Object.assign(event.detail, { shouldSwap: isOurs, isError: false });
  tellKept(target, isOurs);
});
document.addEventListener("htmx:sendError", (event) => tellKept(event.detail.target, false));

/* data-no-cpr="…": what looks like a CPR number is remarked on with those words while one writes, before anything is sent.
   The server knows every spelling and saves none (cpr.py); this knows the common one. */
const LIKE_CPR = /(?<!\d)(?:0[1-9]|[12]\d|3[01]|6[1-9]|[78]\d|9[01]) ?(?:0[1-9]|1[0-2]) ?\d\d ?-? ?\d{4}(?!\d)/;
function warnOfCpr(control) {
  const words = control.dataset.noCpr;
  const shown = [...control.parentElement.querySelectorAll(".form-error-message")].find((one) => one.textContent.includes(words));
  const isLike = LIKE_CPR.test(control.value);
  if (shown && !isLike && "live" in shown.dataset) shown.remove();
  if (shown || !isLike) return;
  const warning = Object.assign(document.createElement("span"), { className: "form-error-message", textContent: words });
  warning.dataset.live = "";
  control.before(warning);
  say(words);
}
document.addEventListener("input", (event) => {
  if (event.target.matches("[data-no-cpr]")) warnOfCpr(event.target);
});

/* DKFDS counts "2000 tegn"; here a number has its dot. */
const dotted = new MutationObserver((changes) => {
  for (const { target } of changes) {
    const text = target.textContent.replace(/\d{4,}/, (digits) => number.format(digits));
    if (text !== target.textContent) target.textContent = text;
  }
});
function writeDots(root) {
  for (const count of root.querySelectorAll(".character-limit, .character-limit-sr-only")) dotted.observe(count, { childList: true });
}

/* What was just said takes the focus, so that the keyboard and the screen reader begin there and not at the top. A page
   that took the place of another by itself (HX-Refresh) goes on where one was, or begins at its heading. */
const REPLACED = `${PREFIX}replaced`;
document.addEventListener("htmx:beforeOnLoad", (event) => {
  if (event.detail.xhr.getResponseHeader("HX-Refresh")) sessionStorage.setItem(REPLACED, document.activeElement.id);
});
function hearWhatIsSaid() {
  const was = sessionStorage.getItem(REPLACED); // the id of what had the focus, "" for nothing; null: one came by oneself
  sessionStorage.removeItem(REPLACED);
  if (document.activeElement !== document.body) return;
  const said = document.querySelector("main :is([role=status], [role=alert])[tabindex]");
  if (was === null) return said?.focus();
  const next = document.getElementById(was) ?? said ?? document.querySelector("main h1");
  if (next.matches("h1")) next.tabIndex = -1;
  next.focus({ preventScroll: true });
}

/* data-into="#list": the rows that are fetched take their places in that list, newest first. */
function placeRows(fetched) {
  const list = fetched.dataset.into && document.querySelector(fetched.dataset.into);
  const rows = [...fetched.querySelectorAll("li")];
  if (!list || !rows.length) return;
  const moment = (row) => Date.parse(row.querySelector("time").dateTime);
  list.append(...[...list.children, ...rows].sort((one, other) => moment(other) - moment(one)));
  fetched.remove();
}

function begin(element) {
  writeDots(element);
  window.DKFDS?.init({ scope: element });
  for (const form of element.querySelectorAll("form:has(.bulk)")) countChosen(form);
  for (const input of element.querySelectorAll("input[type=file]")) showFile(input);
  for (const frame of element.querySelectorAll(".mail-frame")) fitMail(frame); // of a mail that was here before the script
  for (const button of element.querySelectorAll("[data-insert], [data-date]")) button.hidden = false;
  bringBack(element);
  for (const control of element.querySelectorAll("[data-no-cpr]")) warnOfCpr(control);
}
document.addEventListener("DOMContentLoaded", () => { dropAnswered(); begin(document); hearWhatIsSaid(); });
addEventListener("load", hearWhatIsSaid); // an address with #breve takes the focus away again on its way there
document.addEventListener("htmx:afterSwap", (event) => { begin(event.detail.elt); placeRows(event.detail.target); });
document.addEventListener("htmx:oobAfterSwap", (event) => begin(event.detail.target));
