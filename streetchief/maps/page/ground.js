// The ground: streets on one canvas, areas as hairlines, the heat layer that folium made.
const map = window[page.map];
const heat = window[page.heat];
const heatPoints = heat._latlngs.map(([lat, lon]) => [lat, lon]);
const cellCount = heatPoints.length;
const dark = window.matchMedia("(prefers-color-scheme: dark)");
const still = window.matchMedia("(prefers-reduced-motion: reduce)");
const WIDTHS = [1, 1.5, 2.1, 2.8, 3.6, 4.6];
const GRADIENTS = {
  light: { 0.1: "#fde9a0", 0.3: "#fbb61a", 0.5: "#ed6925", 0.7: "#bc3754", 0.85: "#781c6d", 1: "#320a5e" },
  dark: { 0.1: "#320a5e", 0.25: "#781c6d", 0.45: "#bc3754", 0.65: "#ed6925", 0.82: "#fbb61a", 1: "#fcffa4" },
};

const css = getComputedStyle(document.documentElement);
const token = (name) => css.getPropertyValue(name).trim();

function unpacked(flat) {
  const points = [];
  let lon = 0;
  let lat = 0;
  for (let i = 0; i < flat.length; i += 2) {
    lon += flat[i];
    lat += flat[i + 1];
    points.push([lat / 1e6, lon / 1e6]);
  }
  return points;
}

// from below: areas, the plain street lines, (heat, 410, made by folium), the load of streets, names
for (const [name, z] of [["areas", 380], ["lines", 390], ["streets", 430], ["names", 450]]) {
  map.createPane(name).style.zIndex = z;
}
map.getPane("names").style.pointerEvents = "none";
const streetCanvas = L.canvas({ pane: "streets", padding: 0.3, tolerance: 5 });
const areaCanvas = L.canvas({ pane: "areas", padding: 0.3 });
const lineCanvas = L.canvas({ pane: "lines", padding: 0.3 });

const areaLines = page.areas.map(([, , rings]) =>
  L.polygon(rings.map(unpacked), { renderer: areaCanvas, interactive: false, weight: 1 }).addTo(map));
const streetShapes = page.streets.lines.map((lines) => lines.map(unpacked));
const plainLines = L.polyline(streetShapes.flat(), { renderer: lineCanvas, interactive: false }).addTo(map);
const halo = L.polyline([], { renderer: lineCanvas, interactive: false }).addTo(map);
const streetGroup = L.featureGroup().addTo(map);
const streetLines = streetShapes.map((shape, street) => {
  const line = L.polyline(shape, { renderer: streetCanvas, opacity: 0, bubblingMouseEvents: false });
  line.street = street;
  line.step = 0;
  return line.addTo(streetGroup);
});

function metresPerPixel() {
  return (40075016.7 * Math.cos((map.getCenter().lat * Math.PI) / 180)) / 256 / 2 ** map.getZoom();
}

// Share of the full line width: whole streets side by side must not drown the heat when a city is seen from far.
function zoomShare() {
  return Math.min(1.3, Math.max(0.3, Math.sqrt(4 / metresPerPixel())));
}

// From far the heat lies over the streets; near by the streets lie over the heat, so that their colours are the legend's.
function stack() {
  const far = metresPerPixel() > 7;
  map.getPane("streets").style.zIndex = far ? 400 : 430;
  document.documentElement.classList.toggle("far", far);
}

function styleGround() {
  plainLines.setStyle({ color: token("--load-0"), weight: Math.max(0.5, 1.4 * zoomShare()) });
  areaLines.forEach((line) => line.setStyle({ color: token("--area"), fillColor: token("--area-fill"), fillOpacity: 1 }));
}

function styleStreets(steps, shown, everything) {
  stack();
  const share = zoomShare();
  const colours = [0, 1, 2, 3, 4, 5].map((step) => token(`--load-${step}`));
  streetLines.forEach((line, street) => {
    const step = shown ? steps[street] : 0;
    if (!(everything && step) && step === line.step) return;
    const raised = step > line.step;
    line.step = step;
    line.setStyle({ color: colours[step], weight: Math.max(0.7, WIDTHS[step] * share), opacity: step ? 1 : 0 });
    if (raised && step === 5) line.bringToFront();
  });
}

function styleHalo(street) {
  const chosen = street >= 0 ? streetLines[street] : null;
  halo.setLatLngs(chosen ? chosen.getLatLngs() : []);
  halo.setStyle({ color: token("--halo"), opacity: 0.9, weight: 14 * Math.max(0.7, zoomShare()) });
  halo.bringToBack();
  if (chosen && !chosen.isEmpty() && !map.getBounds().intersects(chosen.getBounds())) map.fitBounds(chosen.getBounds(), { maxZoom: 16 });
}

// A blob is about 70 m on the ground and always reaches its neighbours, within what the eye can use.
function heatSize() {
  const cellPixels = 256 * 2 ** (map.getZoom() - page.cell_zoom);
  const radius = Math.round(Math.min(90, Math.max(11, 70 / metresPerPixel(), cellPixels * 0.62)));
  return { radius, blur: Math.round(radius * 0.9), gradient: dark.matches ? GRADIENTS.dark : GRADIENTS.light };
}

function drawHeat(cells, shown) {
  const points = [];
  // damped: a few very busy cells must not blind the rest; the order of cells stays the same
  for (let c = 0; shown && c < cellCount; c += 1) {
    if (cells[c] > 0) points.push([heatPoints[c][0], heatPoints[c][1], cells[c] ** 0.65]);
  }
  heat._latlngs = points;
  heat.setOptions(heatSize());
}
