"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const state = new URLSearchParams(location.hash.slice(1)); // what is chosen is in the address, so that it can be shared
const escape = (text) => text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
const color = (index) => `style="--color: var(--c${index % 8})"`;
const short = (value) => Math.abs(value) >= 1e7 || (value !== 0 && Math.abs(value) < 1e-3)
  ? value.toExponential(2) : Number(value.toPrecision(5)).toLocaleString("en", { maximumFractionDigits: 8 });

function remember(key, value) {
  state.set(key, value);
  try { history.replaceState(null, "", `#${state}`); } catch { /* some viewers of files forbid it */ }
}

function choose(id, draw) {
  const select = document.getElementById(id);
  if (!select) return;
  const asked = state.get(id);
  if ([...select.options].some((option) => option.value === asked)) select.value = asked;
  select.addEventListener("change", () => { remember(id, select.value); draw(); });
  draw();
}

// Tables that sort: numbers by their mean, what is unknown last.
const figure = (text) => Number.parseFloat(text.replaceAll(",", ""));
function sort(table, column, direction) {
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head) => head.removeAttribute("aria-sort"));
  heads[column].setAttribute("aria-sort", direction > 0 ? "ascending" : "descending");
  const cell = (row) => row.cells[column].textContent;
  const rows = [...table.tBodies[0].rows];
  const numeric = rows.some((row) => !Number.isNaN(figure(cell(row))));
  rows.sort((a, b) => {
    const [x, y] = [figure(cell(a)), figure(cell(b))];
    if (!numeric || (Number.isNaN(x) && Number.isNaN(y))) return direction * cell(a).localeCompare(cell(b));
    if (Number.isNaN(x) || Number.isNaN(y)) return Number.isNaN(x) - Number.isNaN(y);
    return direction * (x - y);
  });
  table.tBodies[0].append(...rows);
}
for (const table of document.querySelectorAll("table.sortable")) {
  const key = `sort-${table.closest("section").id}`;
  [...table.tHead.rows[0].cells].forEach((head, column) => {
    head.firstChild.addEventListener("click", () => {
      const direction = head.getAttribute("aria-sort") === "descending" ? 1 : -1;
      sort(table, column, direction);
      remember(key, `${column}:${direction}`);
    });
  });
  const [column, direction] = (state.get(key) ?? "").split(":").map(Number);
  if (direction && table.tHead.rows[0].cells[column]) sort(table, column, direction);
}

// Charts.
const frame = { width: 1100, height: 420, left: 70, right: 24, top: 14, bottom: 48 };

function ticks(low, high, count) {
  const raw = (high - low) / count, power = 10 ** Math.floor(Math.log10(raw));
  const step = power * [1, 2, 2.5, 5, 10].find((factor) => factor * power >= raw);
  const found = [];
  for (let index = Math.ceil(low / step); index * step <= high * (1 + 1e-12) + 1e-300; index++) found.push(index * step);
  return found;
}

function padded(values, share) {
  let low = Math.min(...values), high = Math.max(...values);
  if (low === high) { const by = Math.abs(low) * 0.1 || 1; low -= by; high += by; }
  return [low - share * (high - low), high + share * (high - low)];
}

function scales([x0, x1], [y0, y1]) {
  const wide = frame.width - frame.left - frame.right, tall = frame.height - frame.top - frame.bottom;
  return { x: (value) => frame.left + wide * (value - x0) / (x1 - x0), y: (value) => frame.top + tall * (y1 - value) / (y1 - y0) };
}

function backdrop(scale, xs, ys, xTitle, yTitle) {
  const bottom = frame.height - frame.bottom, right = frame.width - frame.right;
  const rows = ticks(...ys, 8).map((value) => `<line class="grid" x1="${frame.left}" x2="${right}" y1="${scale.y(value)}" y2="${scale.y(value)}"/>
    <text x="${frame.left - 8}" y="${scale.y(value) + 4}" text-anchor="end">${short(value)}</text>`);
  const columns = ticks(...xs, 8).map((value) => `<text x="${scale.x(value)}" y="${bottom + 18}" text-anchor="middle">${short(value)}</text>`);
  return `${rows.join("")}${columns.join("")}<line class="axis" x1="${frame.left}" x2="${right}" y1="${bottom}" y2="${bottom}"/>
    <text class="title" x="${right}" y="${bottom + 38}" text-anchor="end">${escape(xTitle)}</text>
    <text class="title" transform="translate(14 ${frame.top}) rotate(-90)" text-anchor="end">${escape(yTitle)}</text>`;
}

const svg = (inner) => `<svg viewBox="0 0 ${frame.width} ${frame.height}" role="img">${inner}</svg>`;
const legend = () => `<div class="legend">${data.variants.map((label, index) => `<span><i class="swatch" ${color(index)}></i>${escape(label)}</span>`).join("")}</div>`;

function drawScatter() {
  const metric = document.getElementById("quality").value, cost = document.getElementById("cost").value;
  const points = data.points.map((point, index) => ({ index, x: point[cost], y: point[metric][0], std: point[metric][1] ?? 0 }))
    .filter((point) => point.x !== null && point.y !== null);
  const target = document.getElementById("scatter");
  if (!points.length) { target.textContent = `No variant has a number for both ${metric} and ${cost}.`; return; }
  const xs = padded(points.map((point) => point.x), 0.1);
  const ys = padded(points.flatMap((point) => [point.y - point.std, point.y + point.std]), 0.08);
  const scale = scales(xs, ys), front = new Set(data.fronts[`${metric} ${cost}`]);
  const line = points.filter((point) => front.has(point.index)).sort((a, b) => a.x - b.x);
  const marks = points.map(({ index, x, y, std }) => `<g ${color(index)}><line class="whisker" x1="${scale.x(x)}" x2="${scale.x(x)}" y1="${scale.y(y - std)}" y2="${scale.y(y + std)}"/>
    <circle class="${front.has(index) ? "" : "beaten"}" cx="${scale.x(x)}" cy="${scale.y(y)}" r="6"><title>${escape(data.variants[index])}: ${short(y)}, ${short(x)} ${cost}</title></circle></g>`);
  target.innerHTML = legend() + svg(backdrop(scale, xs, ys, cost, data.headings[metric])
    + `<polyline class="front" points="${line.map((point) => `${scale.x(point.x)},${scale.y(point.y)}`).join(" ")}"/>` + marks.join(""));
}

function drawCurves() {
  const name = document.getElementById("curve").value, target = document.getElementById("lines");
  const curves = data.curves[name].map((points, index) => ({ points, index })).filter(({ points }) => points.length);
  const all = curves.flatMap(({ points }) => points);
  const xs = [Math.min(0, ...all.map((point) => point[0])), Math.max(...all.map((point) => point[0]))];
  const ys = padded(all.flatMap(([, mean, std]) => [mean - std, mean + std]), 0.04);
  const scale = scales(xs, ys), at = (x, y) => `${scale.x(x).toFixed(1)},${scale.y(y).toFixed(1)}`;
  const drawn = curves.map(({ points, index }) => {
    const upper = points.map(([x, mean, std]) => at(x, mean + std)), lower = points.map(([x, mean, std]) => at(x, mean - std));
    const dots = points.length < 12 ? points.map(([x, mean]) => `<circle cx="${scale.x(x)}" cy="${scale.y(mean)}" r="2.5"/>`).join("") : "";
    return `<g ${color(index)}><polygon class="band" points="${[...upper, ...lower.reverse()].join(" ")}"/>
      <polyline class="curve" ${index >= 8 ? 'stroke-dasharray="6 4"' : ""} points="${points.map(([x, mean]) => at(x, mean)).join(" ")}"/>${dots}</g>`;
  });
  target.innerHTML = legend() + svg(backdrop(scale, xs, ys, "iteration", name) + drawn.join("")
    + `<line class="cursor" y1="${frame.top}" y2="${frame.height - frame.bottom}" visibility="hidden"/>`) + '<div class="tip" hidden></div>';
  watchCursor(target, curves, xs, scale);
}

function watchCursor(target, curves, xs, scale) {
  const picture = target.querySelector("svg"), cursor = target.querySelector(".cursor"), tip = target.querySelector(".tip");
  const hide = () => { cursor.setAttribute("visibility", "hidden"); tip.hidden = true; };
  picture.addEventListener("pointerleave", hide);
  picture.addEventListener("pointermove", (event) => {
    const box = picture.getBoundingClientRect();
    const x = (event.clientX - box.left) / box.width * frame.width;
    const wanted = xs[0] + (x - frame.left) / (frame.width - frame.left - frame.right) * (xs[1] - xs[0]);
    const nearest = (points) => points.reduce((best, point) => Math.abs(point[0] - wanted) < Math.abs(best[0] - wanted) ? point : best);
    const found = curves.map(({ points, index }) => ({ index, point: nearest(points) }));
    const line = scale.x(found[0].point[0]);
    cursor.setAttribute("x1", line); cursor.setAttribute("x2", line); cursor.setAttribute("visibility", "visible");
    tip.innerHTML = `iteration ${found[0].point[0]}` + found.map(({ index, point }) =>
      `<div><i class="swatch" ${color(index)}></i>${short(point[1])}${point[2] ? ` ± ${short(point[2])}` : ""}</div>`).join("");
    tip.hidden = false;
    const left = line / frame.width * box.width;
    tip.style.left = `${left > box.width / 2 ? left - tip.offsetWidth - 6 : left + 30}px`;
  });
}

function filterDifferences() {
  const metric = document.getElementById("difference").value;
  for (const row of document.querySelectorAll("#differences tbody tr")) row.hidden = row.dataset.metric !== metric;
}

choose("difference", filterDifferences);
choose("quality", drawScatter);
choose("cost", drawScatter);
choose("curve", drawCurves);
document.querySelectorAll(".strips img").forEach((image) => image.addEventListener("click", () => image.requestFullscreen()));
document.getElementById("play")?.addEventListener("click", () => document.querySelectorAll("video").forEach((video) => { video.currentTime = 0; video.play(); }));
