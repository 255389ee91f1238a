// Keeps a page fresh: listens to the event stream, and when something on this page may have changed fetches the page
// again and swaps the parts marked data-live. Rows that were not there before are marked "new" and announced.
import { share } from "./stream.js";

const SETTLE_MS = 120; // several events within this time cause one fetch
const POLL_MS = 5000; // without a stream a visible page looks by itself

const indicator = document.querySelector("[data-live-indicator]");
const announcer = document.querySelector("[data-announce]");
let timer = null;
let fetching = false;
let again = false;
let live = false; // the stream is open
let opened = false; // it was before
let shared = false; // this browser can share one

function show(state) {
  if (!indicator) return;
  indicator.dataset.state = state;
  indicator.textContent = indicator.dataset[state === "on" ? "on" : "off"];
}

function busy(part) {
  const active = document.activeElement;
  return (part.contains(active) && active.matches("input, select, textarea")) || part.querySelector("input:checked");
}

// What the reader has unfolded stays unfolded, and the link that has the focus keeps it.
function keepOpen(part, other) {
  const folded = other.querySelectorAll("details");
  part.querySelectorAll("details").forEach((one, index) => {
    if (folded[index]) folded[index].open = one.open;
  });
}

function focusAgain(href) {
  const link = href && document.querySelector(`[data-live] a[href="${CSS.escape(href)}"]`);
  if (link) link.focus({ preventScroll: true });
}

function swap(fresh) {
  for (const part of document.querySelectorAll("[data-live]")) {
    const other = fresh.getElementById(part.id);
    if (!other || busy(part)) continue;
    keepOpen(part, other);
    if (part.innerHTML === other.innerHTML) continue;
    const focused = part.contains(document.activeElement) && document.activeElement.getAttribute("href");
    const known = new Set([...part.querySelectorAll("[data-key]")].map((row) => row.dataset.key));
    const arrived = [...other.querySelectorAll("[data-key]")].filter((row) => !known.has(row.dataset.key));
    arrived.forEach((row) => row.classList.add("new"));
    part.replaceWith(document.adoptNode(other));
    focusAgain(focused);
    const text = arrived.map((row) => row.dataset.say).filter(Boolean).join(". ");
    if (announcer && text) announcer.textContent = text;
  }
  document.title = fresh.title;
}

async function refresh() {
  if (fetching) {
    again = true;
    return;
  }
  fetching = true;
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" }, credentials: "same-origin" });
    if (answer.redirected || answer.status === 401) location.reload(); // the session has ended
    else if (answer.ok) swap(new DOMParser().parseFromString(await answer.text(), "text/html"));
    if (!shared) show(answer.ok ? "on" : "off");
  } catch {
    show("off"); // the network is away; the event stream reconnects by itself and asks for a fresh page then
  } finally {
    fetching = false;
    if (again) {
      again = false;
      refresh();
    }
  }
}

function changed() {
  clearTimeout(timer);
  timer = setTimeout(refresh, SETTLE_MS);
}

function concerns(data) {
  const scale = document.body.dataset.scale;
  if (!scale) return true;
  try {
    return JSON.parse(data).scale === scale;
  } catch {
    return true;
  }
}

const topics = (document.body.dataset.events || "").split(" ").filter(Boolean);

function heard(event, data) {
  if (event === "resync" || (topics.includes(event) && concerns(data))) changed();
  if (event !== "state") return;
  live = data === "on";
  show(data);
  if (live && opened) changed(); // what happened while the stream was away
  opened = opened || live;
}

if (topics.length) {
  shared = share(document.body.dataset.person, heard);
  setInterval(() => document.hidden || live || refresh(), POLL_MS);
  if (!shared) show("on");
}

const everySeconds = Number(document.body.dataset.refresh || 0); // pages with plots also look again by themselves
if (everySeconds) setInterval(() => document.hidden || refresh(), everySeconds * 1000);
