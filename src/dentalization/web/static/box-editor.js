// The dentist's boxes: by pointer on the picture, by keyboard, or as numbers in a list. One list of boxes
// is the truth; both views are drawn from it, and it is sent only if it was changed.
import { sizeLabels } from "./boxes.js";

const SVG = "http://www.w3.org/2000/svg";
const form = document.querySelector("[data-editor]");
const viewer = document.querySelector("[data-viewer]");
const layer = viewer?.querySelector(".boxes.holding");
const list = form.querySelector("[data-list]");
const row = form.querySelector("template[data-row]");
const undoButton = form.querySelector("[data-undo]");
const limits = viewer?.viewBox.baseVal ?? { width: Infinity, height: Infinity };
const smallest = 4;

let boxes = JSON.parse(form.querySelector("[data-detections]").textContent);
const before = [];
let chosen = -1;

const copy = (value) => JSON.parse(JSON.stringify(value));
const between = (low, value, high) => Math.min(Math.max(value, low), high);

function remember() {
  before.push(copy(boxes));
  undoButton.disabled = false;
}

/** Keeps a box inside the picture and not too small to be seen. */
function settle(place) {
  place.width = between(smallest, place.width, limits.width);
  place.height = between(smallest, place.height, limits.height);
  place.x = between(0, place.x, limits.width - place.width);
  place.y = between(0, place.y, limits.height - place.height);
  for (const name of ["x", "y", "width", "height"]) place[name] = Math.round(place[name] * 10) / 10;
}

function element(name, attributes) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

function drawPicture() {
  if (!layer) return;
  const corner = Math.max(limits.width, limits.height) / 45;
  layer.replaceChildren(...boxes.map((box, index) => {
    const { x, y, width, height } = box.location;
    const group = element("g", { class: index === chosen ? "box chosen" : "box", "data-index": index });
    const label = element("text", { x, y });
    label.textContent = index + 1;
    group.append(element("rect", { x, y, width, height }), label);
    if (index === chosen) {
      group.append(element("rect", {
        class: "corner", x: x + width - corner / 2, y: y + height - corner / 2, width: corner, height: corner,
      }));
    }
    return group;
  }));
}

function drawList() {
  list.replaceChildren(...boxes.map((box, index) => {
    const item = row.content.firstElementChild.cloneNode(true);
    item.classList.toggle("chosen", index === chosen);
    item.dataset.index = index;
    for (const input of item.querySelectorAll("[data-field]")) {
      const name = input.dataset.field;
      input.value = name === "condition" ? box.condition : Math.round(box.location[name]);
    }
    return item;
  }));
}

/** Tells a screen reader which box is chosen and where it is. */
function say() {
  const box = boxes[chosen];
  if (!box) return;
  const place = ["x", "y", "width", "height"].map((name) => Math.round(box.location[name])).join(", ");
  const names = row.content.querySelector("select").options;
  const { text } = [...names].find((option) => option.value === box.condition) ?? { text: box.condition };
  form.querySelector("[data-said]").textContent = `${form.dataset.box} ${chosen + 1}: ${text}; ${place}`;
}

function choose(index) {
  chosen = index;
  drawPicture();
  for (const item of list.children) item.classList.toggle("chosen", Number(item.dataset.index) === index);
}

function draw() {
  drawPicture();
  drawList();
}

function add(location) {
  remember();
  settle(location);
  boxes.push({ condition: "caries", confidence: 1, location });
  chosen = boxes.length - 1;
  draw();
}

function remove(index) {
  remember();
  boxes.splice(index, 1);
  chosen = -1;
  draw();
}

// --- by pointer -------------------------------------------------------------------------------------------

function point(event) {
  const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(viewer.getScreenCTM().inverse());
  return { x: at.x, y: at.y };
}

function press(event) {
  if (event.button !== 0) return;
  const from = point(event);
  const group = event.target.closest(".box");
  const index = group ? Number(group.dataset.index) : -1;
  const resizing = event.target.classList.contains("corner");
  const start = index >= 0 ? { ...boxes[index].location } : null;
  const kept = copy(boxes);
  let moved = false;
  choose(index);
  viewer.setPointerCapture(event.pointerId);

  function drag(next) {
    const to = point(next);
    const [dx, dy] = [to.x - from.x, to.y - from.y];
    if (!moved && Math.hypot(dx, dy) < smallest) return;
    if (!moved && !start) {
      boxes.push({ condition: "caries", confidence: 1, location: { x: from.x, y: from.y, width: 0, height: 0 } });
      chosen = boxes.length - 1;
    }
    moved = true;
    const place = boxes[chosen].location;
    if (!start) {
      Object.assign(place, {
        x: Math.min(from.x, to.x), y: Math.min(from.y, to.y), width: Math.abs(dx), height: Math.abs(dy),
      });
    } else if (resizing) {
      Object.assign(place, { width: start.width + dx, height: start.height + dy });
    } else {
      Object.assign(place, { x: start.x + dx, y: start.y + dy });
    }
    settle(place);
    drawPicture();
  }

  function release() {
    viewer.removeEventListener("pointermove", drag);
    if (!moved) return;
    before.push(kept);
    undoButton.disabled = false;
    draw();
  }

  viewer.addEventListener("pointermove", drag);
  viewer.addEventListener("pointerup", release, { once: true });
  viewer.addEventListener("pointercancel", release, { once: true });
}

// --- by keyboard ------------------------------------------------------------------------------------------

const arrows = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

function key(event) {
  if (chosen < 0) return;
  if (event.key === "Delete" || event.key === "Backspace") {
    event.preventDefault();
    remove(chosen);
    return;
  }
  const arrow = arrows[event.key];
  if (!arrow) return;
  event.preventDefault();
  const step = Math.max(1, Math.round(Math.max(limits.width, limits.height) / 200));
  const place = boxes[chosen].location;
  remember();
  const [across, down] = event.shiftKey ? ["width", "height"] : ["x", "y"];
  place[across] += arrow[0] * step;
  place[down] += arrow[1] * step;
  settle(place);
  draw();
  say();
}

// --- as numbers -------------------------------------------------------------------------------------------

list.addEventListener("focusin", (event) => choose(Number(event.target.closest("li").dataset.index)));
list.addEventListener("change", (event) => {
  const { field } = event.target.dataset;
  const box = boxes[Number(event.target.closest("li").dataset.index)];
  remember();
  if (field === "condition") box.condition = event.target.value;
  else box.location[field] = Number(event.target.value) || 0;
  settle(box.location);
  drawPicture();
  if (field !== "condition") event.target.value = Math.round(box.location[field]);
});
list.addEventListener("click", (event) => {
  if (event.target.closest("[data-remove]")) {
    remove(Number(event.target.closest("li").dataset.index));
    form.querySelector("[data-add]").focus();
  }
});
form.querySelector("[data-add]").addEventListener("click", () => {
  const [width, height] = [limits.width / 6, limits.height / 6].map((size) => (Number.isFinite(size) ? size : 50));
  add({ x: width * 2.5, y: height * 2.5, width, height });
  list.lastElementChild.querySelector("select").focus();
});
undoButton.addEventListener("click", () => {
  boxes = before.pop();
  chosen = -1;
  undoButton.disabled = before.length === 0;
  draw();
});
form.addEventListener("submit", () => {
  if (before.length > 0) form.elements.detections.value = JSON.stringify(boxes);
});

if (viewer) {
  sizeLabels(viewer);
  viewer.classList.add("editing");
  viewer.setAttribute("tabindex", "0");
  viewer.setAttribute("role", "application");
  viewer.addEventListener("pointerdown", press);
  viewer.addEventListener("keydown", key);
}
draw();
