"use strict";
// The page works without this: forms then lead back to it. With it, it is live.

const news = document.getElementById("news");
const guest = document.body.dataset.guest;
let seen = document.body.dataset.seen;

const parts = () => document.querySelectorAll("[id^=log-], [id^=state-], [id^=power-], #people, #tab-guest, #tab-owner");
const remember = element => { for (const child of element.children) child.was = child.outerHTML; };
const isDown = log => log.scrollHeight - log.scrollTop - log.clientHeight < 80;
const down = log => { log.scrollTop = log.scrollHeight; log.down = true; };

// update brings the children of an element up to date, and leaves those alone that have not changed: what is open or has the
// focus stays so.
function update(element, html) {
  const fresh = document.createElement("template");
  fresh.innerHTML = html;
  const wanted = [...fresh.content.children], ids = new Set(wanted.map(next => next.id));
  const wasDown = isDown(element);
  for (const child of [...element.children]) if (!ids.has(child.id)) child.remove();
  const known = new Map([...element.children].map(child => [child.id, child]));
  let place = element.firstElementChild, added = false;
  for (const next of wanted) {
    const old = known.get(next.id);
    next.was = next.outerHTML;
    added ||= !old;
    if (old && old === place) place = place.nextElementSibling;
    if (old?.was === next.was) {
      if (old.nextElementSibling !== place) element.insertBefore(old, place);
      continue;
    }
    element.insertBefore(next, place);
    if (!old) continue;
    const focus = old.contains(document.activeElement) && document.activeElement.value;
    if (old.querySelector("details[open]")) next.querySelector("details")?.setAttribute("open", "");
    old.remove();
    if (focus) next.querySelector(`[value="${CSS.escape(focus)}"]`)?.focus();
  }
  if (element.matches(".log") && (added || wasDown)) down(element);
}

// read tells that somebody looks at a phone: one that is on, and on the screen.
function read() {
  if (document.visibilityState !== "visible") return;
  for (const state of document.querySelectorAll("[data-unread]")) {
    if (state.dataset.unread === "0" || "off" in state.dataset || state.offsetParent === null) continue;
    state.dataset.unread = "0";
    fetch(`/dev/phone/${state.id.slice(1)}/read`, { method: "POST" }).catch(() => {});
  }
}

async function live() {
  for (;;) {
    try {
      const answer = await fetch(`/dev/phone/live?guest=${guest}&seen=${seen}`);
      if (!answer.ok) throw new Error(answer.status);
      const now = await answer.json();
      seen = now.seen;
      for (const [id, html] of Object.entries(now.parts)) {
        const element = document.getElementById(id);
        if (element) update(element, html);
      }
      if (news.dataset.lost) { delete news.dataset.lost; news.textContent = ""; }
      read();
    } catch {
      news.dataset.lost = "yes";
      news.textContent = "Sin conexión con el sistema; se sigue probando.";
      await new Promise(done => setTimeout(done, 1500));
    }
  }
}

async function send(form, button) {
  const body = new FormData(form, button);
  for (const details of form.closest("details") ? [form.closest("details")] : []) details.open = false;
  const device = form.closest(".device");
  if (form.matches(".write, .own")) form.reset();
  const multipart = form.enctype === "multipart/form-data";
  try {
    const answer = await fetch(form.action, { method: "POST", headers: { Accept: "application/json" }, body: multipart ? body : new URLSearchParams(body) });
    const said = await answer.json();
    if (!answer.ok) throw new Error(said.error);
  } catch (error) {
    tell(error.message || "No se pudo mandar.");
  }
  if (multipart) form.reset();
  if (form.matches(".write, .sheet, .sheet *, .hints")) device.querySelector(".write input").focus({ preventScroll: true });
}

let telling;
function tell(text) {
  news.textContent = text;
  clearTimeout(telling);
  telling = setTimeout(() => { news.textContent = ""; }, 6000);
}

document.addEventListener("submit", event => {
  if (!event.target.matches("[data-live]")) return;
  event.preventDefault();
  send(event.target, event.submitter);
});
document.addEventListener("change", event => {
  if (event.target.type === "file" && event.target.files.length) event.target.form.requestSubmit();
  if (event.target.name === "view") { document.querySelectorAll(".log").forEach(down); read(); }
});
document.addEventListener("keydown", event => {
  if (event.key !== "Escape") return;
  for (const open of document.querySelectorAll("details[open]")) {
    open.open = false;
    open.querySelector("summary").focus();
  }
});
document.addEventListener("toggle", event => { // one sheet at a time
  if (!event.target.open) return;
  for (const open of event.target.closest(".screen").querySelectorAll("details[open]")) if (open !== event.target) open.open = false;
  event.target.querySelector(".sheet button, .sheet input:not([type=hidden])")?.focus();
}, true);
document.addEventListener("scroll", event => { if (event.target.matches?.(".log")) event.target.down = isDown(event.target); }, true);
document.addEventListener("load", event => { // a picture that has come makes what is below it move
  const log = event.target.closest?.(".log");
  if (log?.down) down(log);
}, true);
document.addEventListener("visibilitychange", read);

parts().forEach(remember);
document.querySelectorAll(".log").forEach(down);
if (matchMedia("(min-width: 60rem)").matches) document.querySelector(".guest .write input")?.focus();
read();
live();
