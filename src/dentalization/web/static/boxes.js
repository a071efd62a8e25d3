// Labels in a size that fits the picture, and the model's own boxes on request.
export function sizeLabels(viewer) {
  const { width, height } = viewer.viewBox.baseVal;
  viewer.style.setProperty("--label", `${Math.max(width, height) / 32}px`);
}

const viewer = document.querySelector("[data-viewer]");
if (viewer) sizeLabels(viewer);

const toggle = document.querySelector("[data-toggle]");
toggle?.addEventListener("change", () => {
  viewer.querySelector(".boxes.model").classList.toggle("shown", toggle.checked);
});
