"use strict";
// The inspector works on what the page says anyway; only the graph is drawn from data.

const byId = (id) => document.getElementById(id);
const svg = (name, attributes, ...children) => {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children); // text becomes a text node: a name can never become markup
  return made;
};
const fold = (text) => text.normalize("NFKC").toLocaleLowerCase();
const plural = (number, noun) => `${number} ${noun}${number === 1 ? "" : "s"}`;

// -- the list of plugins ---------------------------------------------------------------------------------------------

const rows = [...document.querySelectorAll("#list > li")].map((item) => {
  const name = item.querySelector(".name").textContent;
  const found = [...item.querySelectorAll(".find, .owner")].map((part) => part.textContent);
  return { item, name, state: item.dataset.state, text: fold([name, ...found].join("\n")), summary: item.querySelector("summary") };
});

function filterPlugins() {
  const words = fold(byId("filter").value).split(/\s+/).filter(Boolean);
  const states = new Set([...document.querySelectorAll(".chips input:checked")].map((box) => box.value));
  const fitting = rows.filter((row) => states.has(row.state) && words.every((word) => row.text.includes(word)));
  const shown = fitting.length;
  // taken out, not hidden: to hide a thousand closed `details` takes Chromium seconds, this some 50 ms
  byId("list").replaceChildren(...fitting.map((row) => row.item));
  byId("shown").textContent = shown === rows.length ? `${plural(shown, "plugin")}, in their order.` : `${shown} of ${plural(rows.length, "plugin")} shown.`;
}

// From the filter and from plugin to plugin by arrow keys, so that a thousand are not a thousand steps of the tab key.
function walk(event) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step || event.altKey || event.ctrlKey || event.metaKey) return;
  const stops = [byId("filter"), ...rows.filter((row) => row.item.isConnected).map((row) => row.summary)];
  const at = stops.indexOf(event.target);
  if (at < 0 || !stops[at + step]) return;
  event.preventDefault();
  stops[at + step].focus();
}

function offerGraph(event) {
  const details = event.target;
  if (!details.open || details.parentElement.parentElement?.id !== "list" || details.querySelector("button")) return;
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = "Show in the graph";
  button.addEventListener("click", () => {
    pick(details.querySelector(".name").textContent);
    byId("canvas").scrollIntoView({ block: "center" });
    byId("canvas").focus({ preventScroll: true });
  });
  details.querySelector(".details").append(button);
}

function startList() {
  if (!rows.length) return;
  byId("filters").hidden = false;
  byId("filters").addEventListener("input", filterPlugins);
  byId("filters").addEventListener("submit", (event) => event.preventDefault());
  byId("plugins").addEventListener("keydown", walk);
  byId("list").addEventListener("toggle", offerGraph, true); // it does not bubble
  if (byId("filter").value || document.querySelector(".chips input:not(:checked)")) filterPlugins(); // kept by the browser
}

// -- the graph: plugins on the left, what they contribute on the right -------------------------------------------------

const SMALL = 60; // nodes that can be seen at once
const ROW = 38, BOX = 28, MARGIN = 16;
const KEYS = { brings: "brings", implements: "implements", "overrides with": "overrides", wraps: "wraps", "does not get": "loses", "comes after": "after" };
const graph = JSON.parse(byId("data").textContent);
const canvas = byId("canvas");
const view = { x: 0, y: 0, scale: 1, width: 1, height: 1 };
let chosen = null; // the plugin whose neighbourhood is shown

const nameOf = (node) => (node.id.startsWith("plugin:") ? node.id.slice(7) : node.label);

function visible() {
  const wanted = fold(byId("graph-only").value.trim());
  let edges = graph.edges;
  if (chosen !== null || wanted) {
    const fits = (node) => node.is_plugin && (chosen !== null ? nameOf(node) === chosen : fold(node.label).includes(wanted));
    const picked = new Set(graph.nodes.filter(fits).map((node) => node.id));
    const touched = new Set(edges.filter((edge) => picked.has(edge.start)).map((edge) => edge.end));
    edges = edges.filter((edge) => picked.has(edge.start) || picked.has(edge.end) || (touched.has(edge.end) && edge.label !== "comes after"));
    const used = new Set([...picked, ...edges.flatMap((edge) => [edge.start, edge.end])]);
    return { nodes: graph.nodes.filter((node) => used.has(node.id)), edges };
  }
  if (byId("graph-part").value === "contested") {
    const contested = new Set(edges.filter((edge) => !["brings", "implements", "comes after"].includes(edge.label)).map((edge) => edge.end));
    edges = edges.filter((edge) => contested.has(edge.end) || edge.label === "comes after");
  }
  const used = new Set(edges.flatMap((edge) => [edge.start, edge.end]));
  const everything = byId("graph-part").value === "all";
  return { nodes: graph.nodes.filter((node) => everything || used.has(node.id)), edges };
}

// Each side is sorted by the mean place of its neighbours on the other: few lines cross (Sugiyama, Tagawa, Toda 1981).
function sortSides(left, right, edges) {
  const neighbours = new Map();
  for (const { start, end } of edges) {
    if (!neighbours.has(start)) neighbours.set(start, []);
    if (!neighbours.has(end)) neighbours.set(end, []);
    neighbours.get(start).push(end);
    neighbours.get(end).push(start);
  }
  const arrange = (side, other) => {
    const place = new Map(other.map((node, number) => [node.id, number]));
    const mean = (node, number) => {
      const places = (neighbours.get(node.id) ?? []).map((id) => place.get(id)).filter((at) => at !== undefined);
      return places.length ? places.reduce((sum, at) => sum + at, 0) / places.length : number;
    };
    const weights = new Map(side.map((node, number) => [node.id, mean(node, number)]));
    side.sort((a, b) => weights.get(a.id) - weights.get(b.id));
  };
  for (let sweep = 0; sweep < 3; sweep += 1) {
    arrange(right, left);
    arrange(left, right);
  }
}

function curve(edge, places, box) {
  const start = places.get(edge.start), end = places.get(edge.end);
  const key = KEYS[edge.label];
  let d;
  if (key === "after") { // both are plugins: an arc on their left
    const reach = start.x - Math.min(MARGIN - 2, 6 + Math.abs(end.y - start.y) / 12);
    d = `M${start.x} ${start.y} C${reach} ${start.y} ${reach} ${end.y} ${end.x} ${end.y}`;
  } else {
    const from = start.x + box, half = (from + end.x) / 2;
    d = `M${from} ${start.y} C${half} ${start.y} ${half} ${end.y} ${end.x} ${end.y}`;
  }
  return svg("path", { d, class: `edge ${key}` });
}

// The name comes first, so that what is cut off is the rest; the whole is in the title and in the table.
function short(node) {
  if (node.is_plugin) return node.label;
  const at = node.id.indexOf(":"), kind = node.id.slice(0, at), name = node.id.slice(at + 1);
  return `${kind === "component" ? name.replace(/[\w.]+:/g, "") : name} (${kind})`;
}

function shorten(drawing, room) {
  const long = [...drawing.querySelectorAll("text")].filter((text) => text.textContent.length * 13 > room);
  const lengths = long.map((text) => text.getComputedTextLength()); // all first: else each would lay out anew
  long.forEach((text, number) => {
    const letters = [...text.textContent];
    if (lengths[number] > room) text.textContent = `${letters.slice(0, Math.floor(letters.length * room / lengths[number]) - 2).join("")}…`;
  });
}

function drawNode(node, place, box) {
  // an inner svg clips what is too long even so; the whole name is its title
  const text = svg("svg", { x: place.x + 8, y: place.y - BOX / 2, width: box - 16, height: BOX }, svg("text", { x: 0, y: 19 }, short(node).slice(0, 80)));
  const title = svg("title", {}, node.state ? `${node.label}: ${node.state}` : node.label);
  const rect = svg("rect", { x: place.x, y: place.y - BOX / 2, width: box, height: BOX, rx: node.is_plugin ? 4 : BOX / 2 });
  const made = svg("g", { class: `${node.is_plugin ? "plugin pick" : "thing"} ${node.state}` }, title, rect, text);
  if (node.is_plugin) made.dataset.name = nameOf(node);
  return made;
}

function draw() {
  const { nodes, edges } = visible();
  const left = nodes.filter((node) => node.is_plugin), right = nodes.filter((node) => !node.is_plugin);
  sortSides(left, right, edges);
  const room = Math.max(300, canvas.clientWidth - 2 * MARGIN);
  const gap = Math.max(44, Math.min(260, room * 0.2));
  const box = Math.min(380, (room - gap) / 2);
  const places = new Map();
  left.forEach((node, number) => places.set(node.id, { x: MARGIN, y: MARGIN + BOX / 2 + number * ROW }));
  right.forEach((node, number) => places.set(node.id, { x: MARGIN + box + gap, y: MARGIN + BOX / 2 + number * ROW }));
  view.width = 2 * MARGIN + 2 * box + gap;
  view.height = 2 * MARGIN + Math.max(left.length, right.length, 1) * ROW;
  const drawing = svg("svg", { "aria-hidden": "true" });
  drawing.append(...edges.map((edge) => curve(edge, places, box)), ...nodes.map((node) => drawNode(node, places.get(node.id), box)));
  canvas.replaceChildren(drawing);
  shorten(drawing, box - 16);
  canvas.style.height = `${Math.min(512, Math.max(160, view.height))}px`; // the page's policy allows this, not style=""
  reset();
  const whose = chosen === null ? "" : ` around ${chosen}`;
  byId("graph-shown").textContent = nodes.length
    ? `${plural(left.length, "plugin")} and ${plural(right.length, "contribution")}${whose} drawn.`
    : "Nothing to draw: no such plugin, or nothing is overridden or wrapped.";
}

function look() {
  const width = canvas.clientWidth / view.scale, height = canvas.clientHeight / view.scale;
  // some of the drawing stays in the frame, however far one moves
  view.x = Math.min(Math.max(view.x, MARGIN * 2 - width), view.width - MARGIN * 2);
  view.y = Math.min(Math.max(view.y, MARGIN * 2 - height), view.height - MARGIN * 2);
  canvas.firstChild.setAttribute("viewBox", `${view.x} ${view.y} ${width} ${height}`);
}

function reset() {
  view.scale = 1;
  view.x = -Math.max(0, (canvas.clientWidth - view.width) / 2);
  view.y = 0;
  look();
}

function fit() {
  view.scale = Math.min(1.5, canvas.clientWidth / view.width, canvas.clientHeight / view.height);
  view.x = (view.width - canvas.clientWidth / view.scale) / 2;
  view.y = (view.height - canvas.clientHeight / view.scale) / 2;
  look();
}

function zoom(factor, x = canvas.clientWidth / 2, y = canvas.clientHeight / 2) {
  const before = view.scale;
  view.scale = Math.min(4, Math.max(0.05, before * factor));
  view.x += x / before - x / view.scale; // what is under the pointer stays there
  view.y += y / before - y / view.scale;
  look();
}

function move(x, y) {
  view.x += x / view.scale;
  view.y += y / view.scale;
  look();
}

function pick(name) {
  chosen = name;
  byId("graph-only").value = name;
  draw();
}

const STEP = 60;
const ACTIONS = {
  ArrowLeft: () => move(-STEP, 0), ArrowRight: () => move(STEP, 0), ArrowUp: () => move(0, -STEP), ArrowDown: () => move(0, STEP),
  "+": () => zoom(1.25), "=": () => zoom(1.25), "-": () => zoom(0.8), "−": () => zoom(0.8), 0: fit, Fit: fit,
};

function startGraph() {
  byId("drawing").hidden = false;
  if (graph.nodes.length <= SMALL) byId("graph-part").value = "all";
  const tools = document.querySelector(".tools");
  tools.addEventListener("input", () => { chosen = null; draw(); });
  tools.addEventListener("submit", (event) => event.preventDefault());
  tools.addEventListener("click", (event) => ACTIONS[event.target.dataset.zoom]?.());
  canvas.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey || !ACTIONS[event.key]) return;
    event.preventDefault();
    ACTIONS[event.key]();
  });
  canvas.addEventListener("wheel", (event) => {
    if (!event.ctrlKey) return; // without it the wheel scrolls the page
    event.preventDefault();
    const frame = canvas.getBoundingClientRect();
    zoom(Math.exp(-event.deltaY / 300), event.clientX - frame.left, event.clientY - frame.top);
  }, { passive: false });
  let travelled = 0;
  canvas.addEventListener("pointerdown", () => { travelled = 0; });
  canvas.addEventListener("pointermove", (event) => {
    if (event.buttons !== 1) return;
    travelled += Math.abs(event.movementX) + Math.abs(event.movementY);
    move(-event.movementX, -event.movementY);
  });
  canvas.addEventListener("click", (event) => {
    const name = event.target.closest?.(".pick")?.dataset.name;
    if (name !== undefined && travelled < 5) pick(name);
  });
  let width = 0;
  new ResizeObserver(() => { // it also calls at once; the height is our own doing
    if (canvas.clientWidth !== width) { width = canvas.clientWidth; draw(); }
  }).observe(canvas);
}

startList();
startGraph();
