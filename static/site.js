/* Progressive enhancement: every page also works without JavaScript. */
"use strict";

const say = (text) => { document.getElementById("sagt").textContent = text; };

/* True while a helper views the site as another user. Then typed text is not stored, and leaving a form asks nothing. */
const isViewing = () => document.querySelector(".viewing") !== null;

/* data-copy="#id": copy the text of the element with that id, and confirm on the button and to screen readers. */
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

/* data-insert="{frist}", data-at="id_body": insert the text at the cursor of the field, or of the control with
   data-fields that had the focus last. data-from="one more": insert the values of two inputs as «{brevet|brevene}». */
let written = null;
document.addEventListener("focusin", (event) => { if ("fields" in event.target.dataset) written = event.target; });
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-insert]");
  if (!button) return;
  const field = written?.isConnected ? written : document.getElementById(button.dataset.at);
  const words = button.dataset.from?.split(" ").map((id) => document.getElementById(id).value.trim());
  field.setRangeText(words ? `{${words.join("|")}}` : button.dataset.insert, field.selectionStart, field.selectionEnd, "end");
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.focus();
});

/* textarea[data-fields]: show the fields as chips. A copy of the text behind the control carries the marks. Its letters
   are all "=", as wide as any other in this font, so that nobody finds or reads the text twice. */
function markFields(area) {
  let back = area.previousElementSibling;
  if (!area.parentElement.matches(".marked")) {
    const frame = document.createElement("div");
    back = document.createElement("div");
    frame.className = "marked";
    back.className = area.className;
    back.setAttribute("aria-hidden", "true");
    area.before(frame);
    frame.append(back, area);
    area.addEventListener("scroll", () => { back.scrollTop = area.scrollTop; });
  }
  back.replaceChildren(...area.value.replace(/\p{L}/gu, "=").split(/(\{[^{}\n]*\})/).map((part, number) => {
    if (number % 2 === 0) return part;
    const mark = document.createElement("mark");
    mark.textContent = part;
    return mark;
  }), "\n");
  back.scrollTop = area.scrollTop;
}
document.addEventListener("input", (event) => { if (event.target.matches("textarea[data-fields]")) markFields(event.target); });

/* data-date="27 1 2020", data-at="id_new_deadline": fill in the three inputs of the date field. */
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

/* A link to a collapsed section opens the section. */
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[href^='#']");
  const fold = link && document.getElementById(link.hash.slice(1))?.querySelector(":scope > details.fold");
  if (fold) fold.open = true;
});

/* data-print: open the browser's print dialog. */
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) window.print();
});

/* .print-head: unit, incident and time stand at the top of each printed page. Margin boxes cannot show an element, only a
   property; without scripts the element itself is printed on the first page. */
function headPages() {
  const head = document.querySelector(".print-head");
  if (!head) return;
  document.documentElement.style.setProperty("--print-head", JSON.stringify(head.textContent.trim().replace(/\s+/g, " ")));
  head.hidden = true;
}

/* data-print-now: a list for printing opens the print dialog, but not when somebody comes back to the page. */
function printNow() {
  const [visit] = performance.getEntriesByType("navigation");
  if (document.querySelector("[data-print-now]") && visit.type === "navigate") window.print();
}

/* .mail-frame: make the frame as tall as the mail, so that phone and paper cut nothing off. The preview beside a
   text editor (.as-mail) keeps its height. */
function fitMail(frame) {
  const mail = frame.contentDocument?.body?.lastElementChild;
  if (!mail || frame.closest(".as-mail")) return;
  const fit = () => { frame.style.height = `${Math.ceil(mail.getBoundingClientRect().bottom + frame.contentWindow.scrollY)}px`; };
  new ResizeObserver(fit).observe(mail);
}
document.addEventListener("load", (event) => {
  if (event.target.matches?.(".mail-frame")) fitMail(event.target);
}, true);

/* .bulk: show the number of chosen rows of the form. The bar holds the texts in data-none, data-one and data-many
   ("{n} breve er valgt."); a button may have data-one and data-many too. */
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
  event.target.closest("tr").scrollIntoView({ block: "nearest" }); // otherwise the sticky bar may cover the row
});
document.addEventListener("reset", (event) => setTimeout(countChosen, 0, event.target));

/* data-chosen-file, beside a file input: show the name of the chosen file. */
function showFile(input) {
  const shown = input.parentElement.querySelector("[data-chosen-file]");
  if (shown) shown.textContent = input.files[0]?.name ?? shown.dataset.none;
}
document.addEventListener("change", (event) => {
  if (event.target.type === "file") showFile(event.target);
});

/* data-guard: ask before leaving a form with unsaved changes. */
const changed = new Set();
document.addEventListener("input", (event) => {
  const form = event.target.form;
  if (form && "guard" in form.dataset && !isViewing()) changed.add(form);
});
document.addEventListener("submit", (event) => changed.delete(event.target));
window.addEventListener("beforeunload", (event) => {
  if ([...changed].some((form) => form.isConnected)) event.preventDefault();
});

/* Typed values survive an expired session, in sessionStorage (this tab only) under the address that the form is sent to
   and the form's first control.
   A form with data-keep is stored while the user types, every other form when it is sent. Values are deleted on signing
   out, after eight hours, when another user signs in, and when the server has answered the form: then they are saved or
   shown on the page. If the answer is a page with data-not-saved (the sign-in page, an error page), the values stay, and
   the form's page fills them in. In a form with data-keep, stored values replace values that the form only proposes, and
   with data-filled, which shows an earlier answer, they fill only empty controls. A form with data-forget is never stored. */
const PREFIX = "sepo:";
const FORM = `${PREFIX}form:`;
const LEAVING = `${PREFIX}leaving`;
const LIFETIME = 8 * 60 * 60 * 1000; // as long as a session
const MOST_CHARACTERS = 200_000;
const isTick = (control) => control.type === "radio" || control.type === "checkbox";
const controls = (form) => [...form.elements].filter((one) => one.name && one.matches("input:not([type=hidden], [type=file], [type=password]), textarea, select"));
const shelf = (form) => FORM + (form.dataset.keep || `${new URL(form.getAttribute("action") || "", location.href).pathname}#${controls(form)[0]?.name ?? ""}`);
const keyOf = (control) => (isTick(control) ? `${control.name}=${control.value}` : control.name);
const valueOf = (control) => (isTick(control) ? control.checked : control.value);
const isUnanswered = (control) => (isTick(control) ? ![...control.form.elements].some((one) => one.name === control.name && one.checked) : !control.value);
const currentUser = () => (isViewing() ? undefined : document.body.dataset.user); // none on the sign-in page
function keep(form) {
  const values = Object.fromEntries(controls(form).map((one) => [keyOf(one), valueOf(one)]));
  const record = JSON.stringify({ user: currentUser(), at: Date.now(), values });
  if (currentUser() && Object.keys(values).length && record.length < MOST_CHARACTERS) sessionStorage.setItem(shelf(form), record);
}
document.addEventListener("input", (event) => {
  const form = event.target.form;
  if (form && "keep" in form.dataset) keep(form);
});
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.getAttribute("method") !== "post" || !currentUser() || "forget" in form.dataset) return;
  keep(form);
  sessionStorage.setItem(LEAVING, shelf(form));
  if ("signOut" in form.dataset) deleteKept(() => true);
});
function deleteKept(isUnwanted) {
  for (const key of Object.keys(sessionStorage)) {
    if (key.startsWith(FORM) && isUnwanted(JSON.parse(sessionStorage.getItem(key)))) sessionStorage.removeItem(key);
  }
}
function dropAnswered() {
  const answered = sessionStorage.getItem(LEAVING);
  if (answered && !document.querySelector("[data-not-saved]")) sessionStorage.removeItem(answered);
  sessionStorage.removeItem(LEAVING);
  if (currentUser()) deleteKept((record) => record.user !== currentUser() || Date.now() - record.at > LIFETIME);
}
function fillIn(form, kept) {
  const isKept = "keep" in form.dataset;
  const isLost = (one) => keyOf(one) in kept && kept[keyOf(one)] !== valueOf(one)
    && (!isKept || (kept[keyOf(one)] && (!("filled" in form.dataset) || isUnanswered(one))));
  const lost = controls(form).filter(isLost);
  for (const control of lost) {
    control[isTick(control) ? "checked" : "value"] = kept[keyOf(control)];
    for (let fold = control.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
  }
  if (!isKept) sessionStorage.removeItem(shelf(form)); // sent once; nothing that is typed later is stored
  if (lost.length) say("Din tekst fra før er hentet.");
}
function bringBack(root) {
  if (!currentUser()) return;
  for (const form of root.querySelectorAll("form[method=post]")) {
    const record = sessionStorage.getItem(shelf(form));
    if (record) fillIn(form, JSON.parse(record).values);
  }
}

/* data-autosave: swap in the server's answer about the draft (header X-Draft). After any other answer (the session has
   expired, no answer) the element stays and the adjacent data-not-kept is shown; the tab still stores the text (data-keep). */
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
/* A form on its way to be saved keeps no draft: the server would answer that the letter has changed meanwhile. */
const onTheirWay = new WeakSet();
document.addEventListener("submit", (event) => onTheirWay.add(event.target));
document.addEventListener("input", (event) => onTheirWay.delete(event.target.form));
document.addEventListener("htmx:beforeRequest", (event) => {
  const { elt } = event.detail;
  if ("autosave" in elt.dataset && onTheirWay.has(elt.closest("form"))) event.preventDefault();
});

/* A form that htmx sends after the session has expired is sent again without htmx, and so leads to the sign-in page. */
document.addEventListener("htmx:responseError", (event) => {
  const { elt, requestConfig, xhr } = event.detail;
  if (xhr.status === 401 && requestConfig.triggeringEvent?.type === "submit") elt.submit();
});

/* data-refresh: the numbers are fetched anew now and then, but not while somebody reads or uses them. */
document.addEventListener("htmx:beforeRequest", (event) => {
  const { elt } = event.detail;
  if (!("refresh" in elt.dataset)) return;
  const isInUse = elt.contains(document.activeElement) || elt.querySelector("details[open]");
  if (document.hidden || isInUse || !getSelection().isCollapsed) event.preventDefault();
});

/* .find, the search in the header: the arrow keys go from the field through the hits, Escape or leaving closes them. */
const closeHits = (form) => form.querySelector(".hits").replaceChildren();
document.addEventListener("keydown", (event) => {
  const form = event.target.closest?.(".find");
  if (!form) return;
  const stops = [form.querySelector("[type=search]"), ...form.querySelectorAll(".hits :is(a, button)")];
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const at = stops.indexOf(event.target);
  if (step && at !== -1 && stops.length > 1) {
    event.preventDefault();
    stops[(at + step + stops.length) % stops.length].focus();
  } else if (event.key === "Escape" && form.querySelector(".hits *")) {
    event.preventDefault();
    closeHits(form);
    stops[0].focus();
  }
});
for (const leaving of ["focusin", "pointerdown"]) {
  document.addEventListener(leaving, (event) => {
    const form = document.querySelector(".find");
    if (form && !form.contains(event.target)) closeHits(form);
  });
}
/* Whoever follows a hit and goes back finds the words again: they stand in the tab's history, and in no address. Without
   the first line, the browser asks about sending a form again. */
if (document.querySelector(".is-searching") && !history.state) history.replaceState(null, "", location.href);
document.addEventListener("click", (event) => {
  if (!event.target.closest(".hits a") || isViewing()) return;
  history.replaceState({ words: document.getElementById("soegefelt").value, user: currentUser() }, "", location.href);
});
function searchAgain() {
  const { words, user } = history.state ?? {};
  if (!words || user !== currentUser()) return;
  history.replaceState(null, "", location.href); // once: the page that answers has the same address
  const field = document.getElementById("soegefelt");
  field.value = words;
  field.focus();
  if (document.querySelector(".is-searching")) field.form.requestSubmit();
  else field.dispatchEvent(new Event("input", { bubbles: true }));
}
document.addEventListener("htmx:beforeSwap", (event) => {
  const form = event.detail.target.closest?.(".find");
  if (form && event.detail.xhr.status === 401) Object.assign(event.detail, { shouldSwap: true, isError: false });
  if (form && !form.contains(document.activeElement)) event.detail.shouldSwap = false; // the reader has gone on
});
document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target.matches(".find .hits")) say(event.detail.target.lastElementChild?.textContent ?? "");
});

/* data-no-cpr="…": show that message while the user types, if the text looks like a CPR number. The regex matches
   the common spelling; the server matches all spellings and stores none (sepo_incident/core/cpr.py). */
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

/* DKFDS writes "2000 tegn"; insert the Danish thousands separator: "2.000 tegn". */
const dotted = new MutationObserver((changes) => {
  for (const { target } of changes) {
    const text = target.textContent.replace(/\d{4,}/, (digits) => number.format(digits));
    if (text !== target.textContent) target.textContent = text;
  }
});
function writeDots(root) {
  for (const count of root.querySelectorAll(".character-limit, .character-limit-sr-only")) dotted.observe(count, { childList: true });
}

/* Focus the message after an action, so that keyboard and screen reader start at the message and not at the top. After a
   reload by HX-Refresh, focus the element that had the focus before, otherwise the message or result, otherwise the
   heading. */
const REPLACED = `${PREFIX}replaced`;
document.addEventListener("htmx:beforeOnLoad", (event) => {
  if (event.detail.xhr.getResponseHeader("HX-Refresh")) sessionStorage.setItem(REPLACED, document.activeElement.id);
});
function hearWhatIsSaid() {
  const was = sessionStorage.getItem(REPLACED); // id of the focused element before HX-Refresh, "" for none; null: ordinary navigation
  sessionStorage.removeItem(REPLACED);
  if (document.activeElement !== document.body) return;
  const said = document.querySelector("main :is([role=status], [role=alert])[tabindex]");
  if (was === null) return said?.focus();
  const next = document.getElementById(was) ?? said ?? document.querySelector("main [data-result]") ?? document.querySelector("main h1");
  if (next.matches("h1, [data-result]")) next.tabIndex = -1;
  next.focus({ preventScroll: true });
}

/* data-into="#list": merge the fetched rows into the list, newest first. */
function placeRows(fetched) {
  const list = fetched.dataset.into && document.querySelector(fetched.dataset.into);
  const rows = [...fetched.querySelectorAll("li")];
  if (!list || !rows.length) return;
  const moment = (row) => Date.parse(row.querySelector("time").dateTime);
  list.append(...[...list.children, ...rows].sort((one, other) => moment(other) - moment(one)));
  fetched.remove();
}

/* data-instead="#id": put the fetched element in the place of the element with that id, or drop it. */
function placeInstead(fetched) {
  for (const one of fetched.querySelectorAll("[data-instead]")) {
    const old = document.querySelector(one.dataset.instead);
    if (old) old.replaceWith(one);
    else one.remove();
  }
}

function begin(element) {
  writeDots(element);
  window.DKFDS?.init({ scope: element });
  for (const form of element.querySelectorAll("form:has(.bulk)")) countChosen(form);
  for (const input of element.querySelectorAll("input[type=file]")) showFile(input);
  for (const frame of element.querySelectorAll(".mail-frame")) fitMail(frame); // a mail that loaded before this script
  for (const control of element.querySelectorAll("[data-insert], [data-choice], [data-date]")) control.hidden = false;
  for (const area of element.querySelectorAll("textarea[data-fields]")) markFields(area);
  bringBack(element);
  for (const control of element.querySelectorAll("[data-no-cpr]")) warnOfCpr(control);
}
document.addEventListener("DOMContentLoaded", () => { dropAnswered(); begin(document); hearWhatIsSaid(); headPages(); searchAgain(); });
addEventListener("load", printNow);
addEventListener("load", hearWhatIsSaid); // following a fragment such as #breve removes the focus
document.addEventListener("htmx:afterSwap", (event) => { begin(event.detail.elt); placeRows(event.detail.target); placeInstead(event.detail.target); });
document.addEventListener("htmx:oobAfterSwap", (event) => begin(event.detail.target));

/* The library for passkeys says so when the browser or the person refuses. */
document.addEventListener("allauth.error", (event) => {
  event.preventDefault();
  const said = document.querySelector(".key-error");
  if (said) said.hidden = false;
});
