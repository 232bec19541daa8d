// Names along the streets and in the areas: text nodes only, placed greedily, busiest and longest first.
const LABEL_PX = 12;
const MOST_LABELS = 140;
const measure = document.createElement("canvas").getContext("2d");
const labelPane = map.getPane("names");

function textWidth(text, px) {
  measure.font = `${px}px "Noto Sans SC","Noto Sans CJK SC","Microsoft YaHei","PingFang SC",sans-serif`;
  return measure.measureText(text).width;
}

function shortened(text) {
  return text.length > 40 ? `${text.slice(0, 39)}…` : text;
}

// Places taken so far, as circles along each name, in squares of 64 px.
class Taken {
  constructor() { this.squares = new Map(); }
  key(x, y) { return `${Math.floor(x / 64)},${Math.floor(y / 64)}`; }
  free(circles) {
    return circles.every(([x, y, r]) => {
      for (let dx = -64; dx <= 64; dx += 64) {
        for (let dy = -64; dy <= 64; dy += 64) {
          for (const [ox, oy, or] of this.squares.get(this.key(x + dx, y + dy)) || []) {
            if ((x - ox) ** 2 + (y - oy) ** 2 < (r + or) ** 2) return false;
          }
        }
      }
      return true;
    });
  }
  take(circles) {
    for (const circle of circles) {
      const key = this.key(circle[0], circle[1]);
      if (!this.squares.has(key)) this.squares.set(key, []);
      this.squares.get(key).push(circle);
    }
  }
}

function circlesAlong(x, y, angle, width, px) {
  const circles = [];
  const half = Math.max(0, width / 2 - px / 2);
  for (let along = -half; along <= half + 0.1; along += Math.max(4, px * 0.8)) {
    circles.push([x + along * Math.cos(angle), y + along * Math.sin(angle), px * 0.62]);
  }
  return circles;
}

// A stretch of the line, nearly straight, that carries the name; nearest to the middle of the visible part.
function seat(points, width, size) {
  const along = [0];
  for (let i = 1; i < points.length; i += 1) along.push(along[i - 1] + points[i].distanceTo(points[i - 1]));
  const length = along[along.length - 1];
  if (length < width) return null;
  const at = (s) => {
    let i = 1;
    while (i < along.length - 1 && along[i] < s) i += 1;
    const t = along[i] === along[i - 1] ? 0 : (s - along[i - 1]) / (along[i] - along[i - 1]);
    return L.point(points[i - 1].x + t * (points[i].x - points[i - 1].x), points[i - 1].y + t * (points[i].y - points[i - 1].y));
  };
  for (const share of [0.5, 0.35, 0.65, 0.2, 0.8]) {
    const middle = width / 2 + (length - width) * share;
    const from = at(middle - width / 2);
    const to = at(middle + width / 2);
    const centre = from.add(to).divideBy(2);
    const inside = centre.x > 0 && centre.y > 0 && centre.x < size.x && centre.y < size.y;
    if (inside && from.distanceTo(to) > 0.93 * width) {
      let angle = Math.atan2(to.y - from.y, to.x - from.x);
      if (angle > Math.PI / 2) angle -= Math.PI;
      if (angle <= -Math.PI / 2) angle += Math.PI;
      return { centre, angle };
    }
  }
  return null;
}

function putLabel(text, centre, angle, kind) {
  const label = document.createElement("span");
  label.className = `label ${kind}`;
  label.textContent = text;
  let turn = angle;
  if (Math.abs(angle) > Math.PI / 4 && /^[\u2e80-\u9fff\uf900-\ufaff（）]+$/.test(text)) {
    // Chinese on a steep street stands upright, one character under the other
    label.classList.add("upright");
    turn += angle > 0 ? -Math.PI / 2 : Math.PI / 2;
  }
  const place = map.containerPointToLayerPoint(centre);
  label.style.transform = `translate(${place.x.toFixed(1)}px, ${place.y.toFixed(1)}px) translate(-50%, -50%) rotate(${turn.toFixed(4)}rad)`;
  labelPane.appendChild(label);
}

function placeAreaNames(taken, size) {
  page.areas.forEach(([name, [lon, lat]], index) => {
    const bounds = areaLines[index].getBounds();
    if (!name || !bounds.isValid()) return;
    const corner = map.latLngToContainerPoint(bounds.getNorthWest());
    const across = map.latLngToContainerPoint(bounds.getSouthEast()).x - corner.x;
    const text = shortened(name);
    const width = textWidth(text, LABEL_PX + 2) * 1.15;
    const centre = map.latLngToContainerPoint([lat / 1e6, lon / 1e6]);
    const circles = circlesAlong(centre.x, centre.y, 0, width, LABEL_PX + 2);
    const seen = centre.x > 0 && centre.y > 0 && centre.x < size.x && centre.y < size.y;
    if (!seen || across < width || !taken.free(circles)) return;
    taken.take(circles);
    putLabel(text, centre, 0, "area");
  });
}

// The parts of a street, those nearest to the middle of the view first: there the eye looks for a name.
function nearestFirst(parts) {
  if (parts.length < 2) return parts;
  const centre = map.getCenter();
  const far = (part) => {
    const point = part[part.length >> 1];
    return (point.lat - centre.lat) ** 2 + (point.lng - centre.lng) ** 2;
  };
  return parts.map((part) => [far(part), part]).sort((a, b) => a[0] - b[0]).slice(0, 12).map(([, part]) => part);
}

function placeStreetNames(taken, size, order) {
  const view = map.getBounds();
  const scale = metresPerPixel();
  let placed = 0;
  for (const street of order) {
    if (placed >= MOST_LABELS) break;
    const name = page.streets.names[street];
    if (!name || page.streets.lengths_m[street] / scale < 24) continue;
    if (!view.intersects(streetLines[street].getBounds())) continue;
    const text = shortened(name);
    const width = textWidth(text, LABEL_PX) + 4;
    for (const part of nearestFirst(streetLines[street].getLatLngs())) {
      const found = seat(part.map((point) => map.latLngToContainerPoint(point)), width, size);
      const circles = found && circlesAlong(found.centre.x, found.centre.y, found.angle, width, LABEL_PX);
      if (circles && taken.free(circles)) {
        taken.take(circles);
        putLabel(text, found.centre, found.angle, "street");
        placed += 1;
        break;
      }
    }
  }
}

function placeNames(order, shown) {
  labelPane.replaceChildren();
  if (!shown) return;
  const taken = new Taken();
  const size = map.getSize();
  placeStreetNames(taken, size, order);
  placeAreaNames(taken, size);
}
