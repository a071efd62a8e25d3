// Shows the chosen picture before it is sent, says what is wrong with it, and says that it is being sent.
import { pixelsOf, qualityOf, refusals } from "./quality.js";

const form = document.querySelector("[data-upload]");
const preview = form.querySelector("[data-preview]");

form.elements.file.addEventListener("change", () => {
  const [file] = form.elements.file.files;
  const tooLarge = file && file.size > Number(form.dataset.mostBytes);
  form.elements.file.setCustomValidity(tooLarge ? form.dataset.tooLarge : "");
  form.querySelector("[data-status]").textContent = tooLarge ? form.dataset.tooLarge : "";
  if (preview.src) URL.revokeObjectURL(preview.src);
  preview.hidden = true;
  if (!file) return;
  preview.src = URL.createObjectURL(file);
  // Not every browser can show what every telephone takes (HEIC): then there is no preview.
  preview.addEventListener("load", () => { preview.hidden = false; }, { once: true });
});

const gate = JSON.parse(form.querySelector("[data-gate]").textContent);

/** Says why the AI could not judge the picture; it can be sent all the same, the dentist may see more. */
async function judge() {
  const [file] = form.elements.file.files;
  const warning = form.querySelector("[data-warning]");
  warning.textContent = "";
  if (!file || file.size > Number(form.dataset.mostBytes)) return;
  const image = await pixelsOf(file);
  if (!image || form.elements.file.files[0] !== file) return;
  const found = refusals(qualityOf(image), form.elements.photoType.value, gate);
  warning.textContent = found.map((code) => gate.words[code]).join(" ");
}
form.elements.file.addEventListener("change", judge);
form.elements.photoType.addEventListener("change", judge);

form.addEventListener("submit", () => {
  form.querySelector("[data-status]").textContent = form.dataset.uploading;
  // After this event, or the form would be sent without being complete.
  setTimeout(() => { form.querySelector("button").disabled = true; });
});
window.addEventListener("pageshow", () => { form.querySelector("button").disabled = false; });
