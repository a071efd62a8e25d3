// Shows the chosen picture before it is sent, says when it is too large, and says that it is being sent.
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

form.addEventListener("submit", () => {
  form.querySelector("[data-status]").textContent = form.dataset.uploading;
  // After this event, or the form would be sent without being complete.
  setTimeout(() => { form.querySelector("button").disabled = true; });
});
window.addEventListener("pageshow", () => { form.querySelector("button").disabled = false; });
