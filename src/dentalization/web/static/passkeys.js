// Asks the browser for a passkey and sends what it made with the form.
"use strict";

const bytes = (text) =>
  Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (letter) => letter.charCodeAt(0));
const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
const named = (list) => (list || []).map((one) => ({ ...one, id: bytes(one.id) }));

async function fetched(form) {
  const answer = await fetch("/account/security/passkeys/options", {
    method: "POST",
    body: new URLSearchParams({ csrf: form.elements.csrf.value }),
  });
  const said = await answer.json();
  if (said.confirmation) location.assign(said.confirmation);
  return answer.ok ? said : null;
}

async function made(form) {
  const options = await fetched(form);
  if (!options) return null;
  const credential = await navigator.credentials.create({
    publicKey: {
      ...options,
      challenge: bytes(options.challenge),
      user: { ...options.user, id: bytes(options.user.id) },
      excludeCredentials: named(options.excludeCredentials),
    },
  });
  return shown(credential, { attestationObject: text(credential.response.attestationObject) });
}

async function asked(form) {
  const options = JSON.parse(form.dataset.options);
  const credential = await navigator.credentials.get({
    publicKey: {
      ...options,
      challenge: bytes(options.challenge),
      allowCredentials: named(options.allowCredentials),
    },
  });
  return shown(credential, {
    authenticatorData: text(credential.response.authenticatorData),
    signature: text(credential.response.signature),
  });
}

const shown = (credential, response) => ({
  id: credential.id,
  rawId: text(credential.rawId),
  type: credential.type,
  clientExtensionResults: {},
  response: { clientDataJSON: text(credential.response.clientDataJSON), ...response },
});

for (const form of document.querySelectorAll("[data-passkey]")) {
  if (!window.PublicKeyCredential) form.hidden = true;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const failed = form.querySelector("[data-failed]");
    failed.hidden = true;
    try {
      const credential = await (form.dataset.passkey === "create" ? made(form) : asked(form));
      if (!credential) return;
      form.elements.credential.value = JSON.stringify(credential);
      form.submit();
    } catch {
      failed.hidden = false;
    }
  });
}
