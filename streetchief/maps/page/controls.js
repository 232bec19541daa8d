// The controls: one state, one way to redraw. Text of the data reaches the screen as text nodes only.
const byId = (id) => document.getElementById(id);
const whole = new Intl.NumberFormat("zh-CN");
const state = { period: -1, category: -1, department: -1, street: -1 };
const shows = { heat: true, load: true, names: true };
let counted = null;
let loads = [];
let steps = [];
let order = [];
let timer = null;

function fill(text, values) {
  return text.replace(/\{(\w+)\}/g, (blank, name) => (name in values ? String(values[name]) : blank));
}

// Puts Chinese and English side by side into an element.
function say(element, words, values = {}) {
  const english = document.createElement("span");
  english.lang = "en";
  english.textContent = fill(words.en, values);
  element.replaceChildren(document.createTextNode(`${fill(words.zh, values)} `), english);
}

function node(tag, text, className) {
  const made = document.createElement(tag);
  made.textContent = text;
  if (className) made.className = className;
  return made;
}

function streetName(street) {
  return page.streets.names[street] || `${page.words.unnamed.zh} ${page.words.unnamed.en}`;
}

function periodName(index) {
  if (index < 0) return `${page.words.all_periods.zh} ${page.words.all_periods.en}`;
  const [year, month] = page.periods[index].split("-").map(Number);
  if (page.period_months === 12) return `${year}年 ${year}`;
  if (page.period_months === 3) return `${year}年第${(month + 2) / 3}季度 ${year} Q${(month + 2) / 3}`;
  return `${year}年${month}月 ${page.periods[index]}`;
}

function option(value, name, n) {
  const made = node("option", `${name}（${whole.format(n)}）`);
  made.value = String(value);
  return made;
}

function fillSelect(dimension, nameOf, keepEmpty) {
  const select = byId(dimension);
  const counts = counted.facets[dimension];
  const all = `${page.words.all.zh} ${page.words.all.en}`;
  const options = [option(-1, all, counted.facetTotals[dimension])];
  const indexes = Array.from(counts.keys()).filter((i) => keepEmpty || counts[i] > 0 || i === state[dimension]);
  if (!keepEmpty) indexes.sort((a, b) => counts[b] - counts[a] || a - b);
  indexes.forEach((i) => options.push(option(i, nameOf(i), counts[i])));
  select.replaceChildren(...options);
  select.value = String(state[dimension]);
}

function drawLegend(scale) {
  const items = [];
  const count = (step) => steps.reduce((n, s) => n + (s === step), 0);
  const first = 5 - scale.breaks.length + 1;
  let low = scale.least;
  scale.breaks.forEach((bound, index) => {
    const from = index ? `> ${rounded(low)}` : `${rounded(low)}`;
    items.push([first + index, !index && rounded(low) === bound ? from : `${from} – ${bound}`]);
    low = bound;
  });
  items.push([0, `0 ${page.words.load_none.zh} ${page.words.load_none.en}`]);
  byId("steps").replaceChildren(...items.map(([step, text]) => {
    const item = node("li", "");
    const swatch = node("i", "", `swatch step-${step}`);
    const streets = node("small", `${whole.format(count(step))} 条`);
    item.append(swatch, node("span", text), streets);
    return item;
  }));
  const densest = counted.cells.reduce((a, b) => Math.max(a, b), 0);
  say(byId("heat-note"), page.words.heat_note, { m: whole.format(page.cell_m), n: whole.format(densest) });
}

function drawTable() {
  const top = order.filter((street) => counted.streets[street] > 0).slice(0, 20);
  byId("rows").replaceChildren(...top.map((street) => {
    const row = document.createElement("tr");
    const pick = node("button", streetName(street));
    pick.type = "button";
    pick.addEventListener("click", () => choose({ street: state.street === street ? -1 : street }));
    const head = document.createElement("th");
    head.scope = "row";
    head.append(pick);
    row.append(head, node("td", String(rounded(loads[street]))), node("td", whole.format(counted.streets[street])),
      node("td", `${whole.format(Math.round(page.streets.lengths_m[street]))} m`));
    return row;
  }));
}

function drawPanel(scale) {
  say(byId("count"), page.words.shown, { n: whole.format(counted.total) });
  say(byId("total"), page.words.of, { n: whole.format(allComplaints) });
  byId("period").value = String(state.period + 1);
  byId("period").setAttribute("aria-valuetext", periodName(state.period));
  byId("period-name").textContent = periodName(state.period);
  fillSelect("category", (i) => page.categories[i], true);
  fillSelect("department", (i) => page.departments[i], true);
  fillSelect("street", streetName, false);
  drawLegend(scale);
  drawTable();
  byId("empty").hidden = counted.total > 0;
}

function redraw() {
  counted = tally(state);
  loads = loadsOf(counted.streets);
  const scale = breaksOf(loads);
  steps = loads.map((load) => stepOf(load, scale.breaks));
  order = Array.from(loads.keys()).sort(
    (a, b) => loads[b] - loads[a] || page.streets.lengths_m[b] - page.streets.lengths_m[a] || a - b);
  drawHeat(counted.cells, shows.heat);
  styleStreets(steps, shows.load, false);
  styleHalo(state.street);
  placeNames(order, shows.names);
  drawPanel(scale);
}

function choose(change) {
  Object.assign(state, change);
  redraw();
}

function play(on) {
  clearInterval(timer);
  timer = on ? setInterval(() => choose({ period: (state.period + 1) % page.periods.length }), 1200) : null;
  const words = on ? page.words.pause : page.words.play;
  byId("play").setAttribute("aria-pressed", String(on));
  byId("play").firstElementChild.textContent = on ? "❚❚" : "▶";
  byId("play").lastElementChild.textContent = `${words.zh} ${words.en}`;
}

function tooltipOf(line) {
  const box = document.createElement("div");
  box.append(node("strong", streetName(line.street)),
    node("div", `${rounded(loads[line.street])} ${page.words.column_load.zh} ${page.words.column_load.en}`),
    node("div", `${whole.format(counted.streets[line.street])} 件 · ${whole.format(Math.round(page.streets.lengths_m[line.street]))} m`));
  return box;
}

function drawCaption() {
  say(byId("review"), page.review);
  byId("caption-lines").replaceChildren(...page.caption.map((words) => {
    const line = document.createElement("p");
    say(line, words);
    return line;
  }));
  byId("attribution").textContent = [page.attribution, "Leaflet · folium"].filter(Boolean).join(" · ");
}

// The whole ground in view, beside the caption where there is room for both.
function fitAll() {
  const [west, south, east, north] = page.bounds;
  const caption = byId("caption").offsetHeight;
  const below = caption < map.getSize().y / 3 ? caption + 16 : 56;
  map.fitBounds([[south, west], [north, east]], { paddingTopLeft: [24, 24], paddingBottomRight: [24, below], animate: false });
}

function listen() {
  byId("period").max = String(page.periods.length);
  byId("period").disabled = page.periods.length === 0;
  byId("play").disabled = page.periods.length < 2;
  byId("period").addEventListener("input", (event) => { play(false); choose({ period: Number(event.target.value) - 1 }); });
  byId("play").addEventListener("click", () => play(timer === null));
  for (const dimension of ["category", "department", "street"]) {
    byId(dimension).addEventListener("change", (event) => choose({ [dimension]: Number(event.target.value) }));
  }
  document.querySelectorAll(".clear").forEach((button) => button.addEventListener("click", () => {
    play(false);
    choose({ period: -1, category: -1, department: -1, street: -1 });
  }));
  for (const layer of ["heat", "load", "names"]) {
    byId(`show-${layer}`).addEventListener("change", (event) => { shows[layer] = event.target.checked; redraw(); });
  }
  document.querySelectorAll("form").forEach((form) => form.addEventListener("submit", (event) => event.preventDefault()));
  map.on("zoomstart", () => labelPane.replaceChildren());
  map.on("zoomend", () => { styleGround(); styleStreets(steps, shows.load, true); styleHalo(state.street); heat.setOptions(heatSize()); });
  map.on("moveend resize", () => placeNames(order, shows.names));
  dark.addEventListener("change", () => { styleGround(); styleStreets(steps, shows.load, true); redraw(); });
}

const allComplaints = cube.n.reduce((sum, n) => sum + n, 0);
L.control.scale({ imperial: false, position: "topright" }).addTo(map);
streetGroup.bindTooltip(tooltipOf, { sticky: true, className: "tip" });
if (window.matchMedia("(max-width: 720px)").matches) {
  byId("filters").open = false;
  byId("caption").open = false;
}
map.invalidateSize({ pan: false });
new ResizeObserver(() => map.invalidateSize({ pan: false })).observe(byId("stage"));
map.getContainer().setAttribute("aria-label", `${page.words.map_label.zh} ${page.words.map_label.en}`);
map.getContainer().setAttribute("role", "region");
for (const [name, words] of [["in", page.words.zoom_in], ["out", page.words.zoom_out]]) {
  const button = map.getContainer().querySelector(`.leaflet-control-zoom-${name}`);
  button.title = `${words.zh} ${words.en}`;
  button.setAttribute("aria-label", button.title);
}
drawCaption();
fitAll();
styleGround();
listen();
play(false);
redraw();
document.documentElement.dataset.ready = "yes";
